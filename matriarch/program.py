"""The operator's process: comes up in order, works until it is told to stop, goes down cleanly."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, TypeVar

from temporalio.client import Client

from activities.configuration import ConfigurationSource
from activities.kube.client import Kube
from matriarch import crds, figures, logs, showing, wiring
from matriarch.access import KubernetesTie, kubernetes_configuration, require_namespaces
from matriarch.arguments import Command
from matriarch.census import Census
from matriarch.health import Health
from matriarch.measuring import Measurements
from matriarch.rest.api import Rest
from matriarch.settings import Settings
from matriarch.temporal import Temporal, connected
from matriarch.watching import Watched, scope_of
from matriarch.web import DEFAULT_PORT, Web
from matriarch.workers import Workers
from matriarch.working import keep_working
from watcher.api import Api
from watcher.backoff import Backoff
from watcher.service import Watcher
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden, InvalidConfiguration, Unavailable

log = logging.getLogger(__name__)

CONFIGURATION_SECONDS: Final = 60.0
"""The configuration is read when it was changed, and this often should nobody have told us."""
BAD_SETTINGS: Final = 2
STOPPING: Final = "stopping"

T = TypeVar("T")


class Program:
    """One process; `command` says which of watcher and workers it runs."""

    def __init__(self, settings: Settings, command: Command) -> None:
        self._settings = settings
        self._watches = command in (Command.OPERATOR, Command.WATCHER)
        self._works = command in (Command.OPERATOR, Command.WORKER)
        self.health = Health()
        self.web = Web(self.health)
        kubernetes = kubernetes_configuration(settings)
        self._api = Api(kubernetes)
        self._kube = Kube(kubernetes)
        self._source = ConfigurationSource(self._kube, wiring.configuration_settings(settings))
        self._measured = Measurements()
        showing.show_process(
            self.health, kube=self._kube, source=self._source, measured=self._measured
        )
        self._reconfigured = asyncio.Event()
        self._not_in_force = ""

    async def run(self) -> None:
        """Work until cancelled. Raises only what a restart may cure or a person must."""
        pulse = asyncio.create_task(self.health.keep_beating())
        try:
            configuration = await self._first_configuration()
            self.health.stage = f"waiting for Temporal at {self._settings.temporal_address}"
            temporal = await connected(self._settings)
            await self._work(temporal, configuration)
        finally:
            self.health.stage = STOPPING
            pulse.cancel()
            await asyncio.to_thread(self.web.stop)

    async def _first_configuration(self) -> Configuration:
        """Wait for one that can be used.

        Without it nothing may be touched, and a process that ends would only be started again: it
        stays, unready, says why, and goes on by itself once somebody has put it right.
        """
        backoff, told = Backoff(first=0.5, limit=5.0), ""
        while True:
            try:
                configuration = await _patiently(self._source.current)
                await self._put_in_force(configuration)
                return configuration
            except InvalidConfiguration as error:
                self.web.serve_on(self.web.port or DEFAULT_PORT)
                self.health.stage = f"no clusters are looked after: {error}"
                if told != self.health.stage:
                    told = self.health.stage
                    log.error("%s", told)
            await asyncio.sleep(backoff.next())

    async def _put_in_force(self, configuration: Configuration) -> None:
        """All that the process itself takes from its configuration; run again at each change."""
        logs.follow(debug=configuration.debug_logging)
        self.web.serve_on(configuration.api_port)
        if configuration.enable_crd_registration:
            register = partial(
                crds.register,
                self._api,
                categories=configuration.crd_categories,
                deadline=self._settings.crd_ready_timeout.total_seconds(),
            )
            await _patiently(register)
        namespaces = self._settings.namespaces(configuration.watched_namespace)
        await _patiently(partial(require_namespaces, self._api, namespaces))

    async def _work(self, temporal: Temporal, configuration: Configuration) -> None:
        tie = KubernetesTie(
            self._api, answered=lambda: max(self._api.answered_at, self._kube.answered_at)
        )
        self.health.checks |= {"kubernetes": tie.problem, "temporal": temporal.problem}
        self.health.notices["settings"] = lambda: self._not_in_force
        async with asyncio.TaskGroup() as group:
            group.create_task(tie.keep_looking())
            if self._works:
                self.health.checks["workers"] = lambda: "starting"
                group.create_task(self._keep_working(temporal))
            watched = None
            if self._watches:
                watched = self._watched(temporal, configuration)
                temporal.on_new_store = watched.watcher.begin_anew
                group.create_task(watched.watcher.run())
                group.create_task(self._count_clusters(temporal, watched.watcher))
            group.create_task(self._follow_configuration(configuration, watched))
            group.create_task(temporal.keep_looking())
            self.web.rest = self._rest(temporal, watched).answer
            self.health.stage = ""
            log.info("up and running")

    def _watched(self, temporal: Temporal, configuration: Configuration) -> Watched:
        watched = Watched(
            api=self._api,
            settings=self._settings,
            temporal=temporal,
            scope=scope_of(self._settings, configuration),
            on_configuration=self._reconfigured.set,
        )
        showing.show_watcher(self.health, watched.watcher, source=self._source)
        return watched

    def _rest(self, temporal: Temporal, watched: Watched | None) -> Rest:
        return showing.rest(
            settings=self._settings,
            kube=self._kube,
            source=self._source,
            temporal=temporal,
            watcher=watched.watcher if watched else None,
        )

    async def _count_clusters(self, temporal: Temporal, watcher: Watcher) -> None:
        census = Census(lambda: temporal.client, wanted=lambda: watcher.figures().leading)
        self.health.families.append(lambda: figures.of_words(census.words))
        await census.keep_counting()

    async def _keep_working(self, temporal: Temporal) -> None:
        steps = wiring.steps(
            kube=self._kube,
            configuration=self._source,
            controller_id=self._settings.controller_id,
        )

        def make(client: Client) -> Workers:
            identity, measured = self._settings.identity, [self._measured]
            return Workers(client, steps=steps, identity=identity, interceptors=measured)

        def show(workers: Workers) -> None:
            self.health.checks["workers"] = workers.problem

        await keep_working(temporal, make=make, show=show)

    async def _follow_configuration(
        self, configuration: Configuration, watched: Watched | None
    ) -> None:
        """Take over what the configuration changes for the process itself.

        Clusters need none of this: each look and each step reads the configuration afresh.
        """
        while True:
            await _until(self._reconfigured, seconds=CONFIGURATION_SECONDS)
            self._reconfigured.clear()
            try:
                found = await asyncio.to_thread(self._source.current)
                if found != configuration:
                    await self._put_in_force(found)
                    configuration = found
                self._not_in_force = ""
            except (Unavailable, Forbidden, InvalidConfiguration) as error:
                self._not_in_force = str(error)
                log.warning("the process stays configured as it was: %s", error)
                continue
            if watched:
                watched.follow(scope_of(self._settings, configuration))


def run(settings: Settings, command: Command) -> int:
    """Run one process to its end and return its exit code."""
    try:
        return asyncio.run(until_signal(Program(settings, command).run()))
    except InvalidConfiguration as error:
        log.error("%s", error)
        return BAD_SETTINGS


async def until_signal(work: Coroutine[Any, Any, None]) -> int:
    """Run `work` until it ends, or cancel it at SIGTERM or SIGINT and return 0."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        log.info("stopping on %s", number.name)
        loop.remove_signal_handler(number)  # a second one ends the process at once
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    await asyncio.wait({task})
    if task.cancelled():
        log.info("stopped")
        return 0
    task.result()
    return 0


async def _until(event: asyncio.Event, *, seconds: float) -> None:
    """Wait for an event, but not for longer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _patiently(call: Callable[[], T]) -> T:
    """Make a blocking call in a thread, again and again while the API server won't do it."""
    backoff = Backoff(first=0.5, limit=10.0)
    while True:
        try:
            return await asyncio.to_thread(call)
        except (Unavailable, Forbidden) as error:
            log.warning("not yet: %s", error)
            await asyncio.sleep(backoff.next())
