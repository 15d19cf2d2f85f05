"""One period of holding the Lease: feeds in threads, their news turned into knocks."""

import asyncio
import contextlib
import logging
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import Any, Protocol

from watcher.api import Api
from watcher.arriving import arriving
from watcher.backoff import Backoff
from watcher.farewells import Farewells
from watcher.feed import Feed, News, Shape
from watcher.nodes import Nodes
from watcher.operations import Operations
from watcher.outbox import Deliver, Outbox
from watcher.pods import Pods
from watcher.scope import EVERYWHERE, Scope, Source
from watcher.selection import SECRETS, Selection
from watcher.sightings import LISTED, Letter, Sightings, shape
from watcher.traces import Traces
from workflows.model.base import ClusterRef
from workflows.model.errors import Forbidden, MatriarchError
from workflows.model.operations import Knock

log = logging.getLogger(__name__)

OPEN_CLUSTERS_SECONDS = 60.0
SWEEP_SECONDS = 300.0
PATIENCE_SECONDS = 5.0
NODES_SECONDS = 300.0
"""Before the right to see nodes is tried again: whoever refuses it may just have come up."""

Following = Coroutine[Any, Any, None]
Arriving = contextlib.AbstractAsyncContextManager[AsyncIterator[News]]
OpenClusters = Callable[[], AsyncIterator[ClusterRef]]


class NewFeed(Protocol):
    """Makes a feed of a selection; tests make shorter-tempered ones."""

    def __call__(self, api: Api, selection: Selection, /, *, shape: Shape) -> Feed: ...


@dataclass(frozen=True)
class Calls:
    """The two things the watcher wants of Temporal, so that tests need none."""

    knock: Deliver
    open_clusters: OpenClusters


@dataclass
class Figures:
    """What the watcher does now, for status and metrics."""

    leading: bool = False
    holder: str = ""
    clusters: int = 0
    waiting: int = 0
    oldest_seconds: float = 0.0
    delivered: int = 0
    failed: int = 0
    lists: int = 0
    watches: int = 0
    trouble: str = ""


class Term:
    """Starts with an empty memory, so that its first list knocks at every cluster."""

    def __init__(
        self,
        api: Api,
        *,
        scope: Scope,
        temporal: Calls,
        allowed: Callable[[], bool],
        farewells: Farewells,
        on_configuration: Callable[[], None] = lambda: None,
        renewed: bool = False,
        new_feed: NewFeed = Feed,
    ) -> None:
        """`on_configuration` is called when the configuration is first seen and when it changes.

        `renewed`: it has changed since the last term, so that all clusters are to hear of that.
        """
        self._api = api
        self._scope = scope
        self._temporal = temporal
        self._farewells = farewells
        self._outbox = Outbox(temporal.knock, allowed=allowed)
        self._on_configuration = on_configuration
        self._renewed = renewed
        self._new_feed = new_feed
        self._opened: set[ClusterRef] = set()
        self._feeds: list[Feed] = []
        self._sightings: list[Sightings] = []
        self._pods: list[tuple[Pods, Sightings]] = []
        self._listed: list[asyncio.Event] = []

    def figures(self) -> Figures:
        troubles = [*dict.fromkeys(feed.trouble for feed in self._feeds), self._outbox.trouble]
        return Figures(
            clusters=sum(len(sightings) for sightings in self._sightings),
            waiting=len(self._outbox),
            oldest_seconds=self._outbox.oldest_seconds(),
            delivered=self._outbox.delivered,
            failed=self._outbox.failed,
            lists=sum(feed.lists for feed in self._feeds),
            watches=sum(feed.watches for feed in self._feeds),
            trouble="; ".join(filter(None, troubles)),
        )

    def heard(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a resource is known as it is now; see `Sightings.heard`."""
        return any(sightings.heard(metadata) for sightings in self._sightings)

    def waiting(self) -> list[tuple[ClusterRef, list[Knock]]]:
        """Knocks that are not delivered yet."""
        return self._outbox.waiting()

    async def serve(self) -> None:
        """Deliver all news until cancelled; raises only what should never happen."""
        # Asked before the first list: whoever runs now and is not listed then, has vanished.
        self._opened = await self._running()
        async with self._outbox, asyncio.TaskGroup() as group:
            for ref, knock in self._farewells.all():
                self._outbox.post(ref, knock)
            for source in self._scope.fixed_sources:
                group.create_task(self._follow_source(source, listed=self._to_be_listed()))
            for namespace in self._scope.namespaces:
                within = None if namespace == EVERYWHERE else namespace
                for following in self._about_clusters(within):
                    group.create_task(following)
            group.create_task(self._follow_nodes())
            group.create_task(self._sweep())

    def _about_clusters(self, within: str | None) -> Iterator[Following]:
        """Everything that lies in one namespace (None: in all of them)."""
        sightings = Sightings(
            protection=self._scope.protection,
            controller_id=self._scope.controller_id,
            opened={ref for ref in self._opened if within in (None, ref.namespace)},
        )
        self._sightings.append(sightings)
        yield self._follow_clusters(self._scope.clusters(within), sightings)
        pods = Pods(name_label=self._scope.name_label, role_label=self._scope.role_label)
        self._pods.append((pods, sightings))
        yield self._follow(
            self._scope.pods(within),
            Pods.shape,
            lambda news: sightings.about(pods.take(news), reason="pods changed"),
            listed=self._to_be_listed(),
        )
        operations = Operations()
        yield self._follow(
            self._scope.operations(within),
            Operations.shape,
            lambda news: sightings.ours(operations.take(news)),
            listed=self._to_be_listed(),
        )
        for selection in self._scope.children(within):
            yield self._follow_children(selection, sightings)
        for source in self._scope.sources_beside(within):
            yield self._follow_source(source, listed=self._to_be_listed())

    async def _follow_clusters(self, selection: Selection, sightings: Sightings) -> None:
        """Begins when all else is listed: what was changed before, the look after a knock sees."""
        with contextlib.suppress(TimeoutError):  # of something that we may not list, say
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*(listed.wait() for listed in self._listed))
        await self._follow(selection, shape, sightings.take)

    def _follow_children(self, selection: Selection, sightings: Sightings) -> Following:
        traces = Traces(self._scope.name_label)

        def letters(news: News) -> Sequence[Letter]:
            return sightings.about_children(
                traces.take(news),
                reason=f"{selection.resource.plural} changed",
                abroad=selection.resource is SECRETS,
            )

        return self._follow(selection, traces.shape, letters, listed=self._to_be_listed())

    async def _follow_nodes(self) -> None:
        """Nodes belong to no namespace, so whoever is installed in one may not see them."""
        selection = self._scope.nodes
        told = False
        while refused := await self._refused_nodes(selection):
            if not told:
                log.info("members do not move away from nodes that are drained: %s", refused)
            told = True
            await asyncio.sleep(NODES_SECONDS)
        nodes = Nodes(self._scope.node_rule)
        await self._follow(selection, nodes.shape, lambda news: self._about_nodes(nodes.take(news)))

    async def _refused_nodes(self, selection: Selection) -> str:
        """Why they may not be seen now, or nothing. Of all other trouble the feed takes care."""
        try:
            await asyncio.to_thread(self._api.get, selection.path, limit="1")
        except Forbidden as error:
            return str(error) or "forbidden"
        except MatriarchError:
            pass
        return ""

    def _about_nodes(self, names: Collection[str]) -> list[Letter]:
        return [
            (ref, knock.model_copy(update={"urgent": True}))
            for pods, sightings in self._pods
            for ref, knock in sightings.about(pods.on(names), reason="nodes changed")
        ]

    async def _follow_source(self, source: Source, *, listed: asyncio.Event) -> None:
        """What several clusters are made from: they are told one after the other."""
        traces = Traces(self._scope.name_label)
        async with self._arriving(source.selection, traces.shape) as arrived:
            async for news in arrived:
                touched = traces.take(news)
                if source.configuration and (touched or not listed.is_set()):
                    self._on_configuration()
                listed.set()
                for namespace in {None if source.for_all else one.namespace for one in touched}:
                    self._tell_all(namespace, reason=f"{source.selection.what} changed")

    def _tell_all(self, namespace: str | None, *, reason: str) -> None:
        for sightings in self._sightings:
            for ref, knock in sightings.about_all(namespace, reason=reason):
                self._outbox.post_by_and_by(ref, knock)

    async def _follow(
        self,
        selection: Selection,
        shape: Shape,
        letters: Callable[[News], Sequence[Letter]],
        *,
        listed: asyncio.Event | None = None,
    ) -> None:
        async with self._arriving(selection, shape) as arrived:
            async for news in arrived:
                for ref, knock in letters(news):
                    self._post(ref, knock)
                if listed:
                    listed.set()

    def _to_be_listed(self) -> asyncio.Event:
        self._listed.append(asyncio.Event())
        return self._listed[-1]

    def _post(self, ref: ClusterRef, knock: Knock) -> None:
        """Who was there before and is looked after can wait a little, unless it is to go."""
        self._farewells.note(ref, knock)
        if self._renewed and knock.reason == LISTED:
            knock = knock.model_copy(update={"renewed": True})
        known = knock.reason == LISTED and ref in self._opened
        if known and not knock.deletion.requested:
            self._outbox.post_by_and_by(ref, knock)
        else:
            self._outbox.post(ref, knock)

    def _arriving(self, selection: Selection, shape: Shape) -> Arriving:
        feed = self._new_feed(self._api, selection, shape=shape)
        self._feeds.append(feed)
        return contextlib.aclosing(arriving(feed))

    async def _sweep(self) -> None:
        """Knock now and then for clusters whose workflow is not there, as if ended by hand.

        Of a deletion that was told, such a workflow has come to its end.
        """
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            waiting = {ref for ref, _ in self._outbox.waiting()}
            told = {ref for ref, _ in self._farewells.all()} - waiting
            opened = await self._running()
            self._farewells.settle(told - opened)
            for sightings in self._sightings:
                for ref, knock in sightings.unknown_to(opened):
                    self._outbox.post(ref, knock)

    async def _running(self) -> set[ClusterRef]:
        """Ask Temporal until it answers: without it nothing could be dispatched anyway."""
        backoff, told = Backoff(), False
        while True:
            try:
                async with asyncio.timeout(OPEN_CLUSTERS_SECONDS):
                    return {ref async for ref in self._temporal.open_clusters()}
            except Exception as error:
                if not told:
                    log.warning("Temporal does not say which clusters it knows: %r", error)
                told = True
                await asyncio.sleep(backoff.next())
