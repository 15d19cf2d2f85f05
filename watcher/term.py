"""One period of holding the Lease: feeds in threads, their news turned into knocks."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from watcher.api import Api
from watcher.backoff import Backoff
from watcher.feed import Feed, News, path_of, pods_path_of
from watcher.outbox import Deliver, Outbox
from watcher.pods import Pods
from watcher.sightings import Letter, Sightings
from workflows.model.base import ClusterRef
from workflows.model.protection import Protection

log = logging.getLogger(__name__)

EVERYWHERE = "*"
OPEN_CLUSTERS_SECONDS = 60.0
FAREWELL_SECONDS = 3.0
SWEEP_SECONDS = 300.0

OpenClusters = Callable[[], AsyncIterator[ClusterRef]]


class NewFeed(Protocol):
    """Makes a feed of the objects at a path; tests make shorter-tempered ones."""

    def __call__(self, api: Api, path: str, /, *, selector: str = "") -> Feed: ...


@dataclass(frozen=True)
class Scope:
    """What to watch, and by which rules to judge it."""

    namespaces: Sequence[str]
    """Names, or the single entry `*`."""
    protection: Protection = field(default_factory=Protection)
    controller_id: str = ""
    pod_labels: Mapping[str, str] = field(default_factory=lambda: {"application": "spilo"})
    """Database pods carry these, and the two below."""
    name_label: str = "cluster-name"
    role_label: str = "spilo-role"


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
        new_feed: NewFeed = Feed,
    ) -> None:
        self._api = api
        self._scope = scope
        self._temporal = temporal
        self._outbox = Outbox(temporal.knock, allowed=allowed)
        self._new_feed = new_feed
        self._feeds: list[Feed] = []
        self._sightings: list[Sightings] = []

    def figures(self) -> Figures:
        troubles = [feed.trouble for feed in self._feeds] + [self._outbox.trouble]
        return Figures(
            clusters=sum(len(sightings) for sightings in self._sightings),
            waiting=len(self._outbox),
            delivered=self._outbox.delivered,
            failed=self._outbox.failed,
            lists=sum(feed.lists for feed in self._feeds),
            watches=sum(feed.watches for feed in self._feeds),
            trouble="; ".join(filter(None, troubles)),
        )

    async def serve(self) -> None:
        """Deliver all news until cancelled; raises only what should never happen."""
        # Asked before the first list: whoever runs now and is not listed then, has vanished.
        opened = await self._opened()
        async with self._outbox, asyncio.TaskGroup() as group:
            for namespace in self._scope.namespaces:
                group.create_task(self._follow(namespace, opened))
            group.create_task(self._sweep())

    async def _follow(self, namespace: str, opened: set[ClusterRef]) -> None:
        everywhere = namespace == EVERYWHERE
        sightings = Sightings(
            protection=self._scope.protection,
            controller_id=self._scope.controller_id,
            opened={ref for ref in opened if everywhere or namespace == ref.namespace},
        )
        self._sightings.append(sightings)
        within = None if everywhere else namespace
        resources = self._new_feed(self._api, path_of(within))
        selector = ",".join(f"{key}={value}" for key, value in self._scope.pod_labels.items())
        pods = self._new_feed(self._api, pods_path_of(within), selector=selector)
        self._feeds += [resources, pods]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._dispatch(resources, sightings.take))
            seen = Pods(name_label=self._scope.name_label, role_label=self._scope.role_label)
            group.create_task(
                self._dispatch(pods, lambda news: sightings.about_pods(seen.take(news)))
            )

    async def _dispatch(self, feed: Feed, letters: Callable[[News], Sequence[Letter]]) -> None:
        async with contextlib.aclosing(_news(feed)) as arriving:
            async for news in arriving:
                for ref, knock in letters(news):
                    self._outbox.post(ref, knock)

    async def _sweep(self) -> None:
        """Knock now and then for clusters whose workflow is not there, as if ended by hand."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            opened = await self._opened()
            for sightings in self._sightings:
                for ref, knock in sightings.unknown_to(opened):
                    self._outbox.post(ref, knock)

    async def _opened(self) -> set[ClusterRef]:
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


async def _news(feed: Feed) -> AsyncGenerator[News, None]:
    """Run `feed` in a thread of its own and yield what it delivers, in order."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[News | BaseException] = asyncio.Queue()

    def deliver(news: News | BaseException) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(arrived.put_nowait, news)

    def read() -> None:
        try:
            feed.run(deliver)
        except BaseException as error:
            deliver(error)

    # A daemon, because a thread that waits for a dead server must not delay the process's end.
    thread = threading.Thread(target=read, name="watch", daemon=True)
    thread.start()
    try:
        while not isinstance(news := await arrived.get(), BaseException):
            yield news
        raise news
    finally:
        feed.stop()
        await asyncio.to_thread(thread.join, FAREWELL_SECONDS)
