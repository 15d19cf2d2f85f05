"""The operator's process: comes up in order, works until it is told to stop, goes down cleanly."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final, TypeVar

from activities.configuration import ConfigurationSource
from activities.kube.calls import writes
from activities.kube.client import Kube
from matriarch import crds, logs, wiring
from matriarch.access import KubernetesTie, kubernetes_configuration, require_namespaces
from matriarch.arguments import Command
from matriarch.health import Health
from matriarch.settings import Settings
from matriarch.temporal import Temporal, connected
from matriarch.watching import Watched, scope_of
from matriarch.web import Web
from matriarch.workers import Workers
from watcher.api import Api
from watcher.backoff import Backoff
from watcher.service import Watcher
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden, InvalidConfiguration, Unavailable

log = logging.getLogger(__name__)

CONFIGURATION_SECONDS: Final = 30.0
BAD_CONFIGURATION: Final = 2
STOPPING: Final = "stopping"

T = TypeVar("T")


class Program:
    """One process; `command` says which of watcher and workers it runs."""

    def __init__(self, settings: Settings, command: Command) -> None:
        self._settings = settings
        self._watches = command in (Command.OPERATOR, Command.WATCHER)
        self._works = command in (Command.OPERATOR, Command.WORKER)
        self.health = Health()
        kubernetes = kubernetes_configuration(settings)
        self._api = Api(kubernetes)
        self._kube = Kube(kubernetes)
        self._source = ConfigurationSource(self._kube, wiring.configuration_settings(settings))

    async def run(self) -> None:
        """Work until cancelled. Raises only what a restart may cure or a person must."""
        configuration = await _patiently(self._source.current)
        logs.follow(debug=configuration.debug_logging)
        web = Web(self.health, port=configuration.api_port)
        web.start()
        pulse = asyncio.create_task(self.health.keep_beating())
        try:
            await self._prepare_kubernetes(configuration)
            self.health.stage = f"waiting for Temporal at {self._settings.temporal_address}"
            temporal = await connected(self._settings)
            await self._work(temporal, configuration)
        finally:
            self.health.stage = STOPPING
            pulse.cancel()
            await asyncio.to_thread(web.stop)

    async def _prepare_kubernetes(self, configuration: Configuration) -> None:
        if configuration.enable_crd_registration:
            self.health.stage = "registering custom resource definitions"
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
        tie = KubernetesTie(self._api)
        self.health.checks |= {"kubernetes": tie.problem, "temporal": temporal.problem}
        self.health.notices["configuration"] = lambda: self._source.problem
        self.health.figures["kubernetes"] = self._requests
        async with asyncio.TaskGroup() as group:
            group.create_task(tie.keep_looking())
            if self._works:
                self.health.checks["workers"] = lambda: "starting"
                group.create_task(self._keep_working(temporal))
            if self._watches:
                watched = self._watched(temporal, configuration)
                temporal.on_new_store = watched.watcher.begin_anew
                group.create_task(watched.watcher.run())
                group.create_task(self._follow_configuration(watched))
            group.create_task(temporal.keep_looking())
            self.health.stage = ""
            log.info("up and running")

    def _watched(self, temporal: Temporal, configuration: Configuration) -> Watched:
        watched = Watched(
            api=self._api,
            settings=self._settings,
            temporal=temporal,
            scope=scope_of(self._settings, configuration),
        )
        self.health.figures["watcher"] = lambda: _watcher_figures(watched.watcher)
        self.health.notices["watcher"] = lambda: watched.watcher.figures().trouble
        return watched

    async def _keep_working(self, temporal: Temporal) -> None:
        """Run the workers; made anew when Temporal refuses them, as one without namespace does."""
        steps = wiring.steps(
            kube=self._kube,
            configuration=self._source,
            controller_id=self._settings.controller_id,
        )
        backoff = Backoff(first=1.0)
        while True:
            workers = Workers(temporal.client, steps=steps, identity=self._settings.identity)
            self.health.checks["workers"] = workers.problem
            try:
                await workers.run()
            except Exception:
                log.exception("the workers failed and start over")
            await asyncio.sleep(backoff.next())

    async def _follow_configuration(self, watched: Watched) -> None:
        """Begin the watch anew when the configuration changes what is watched, or protected."""
        while True:
            await asyncio.sleep(CONFIGURATION_SECONDS)
            try:
                configuration = await asyncio.to_thread(self._source.current)
            except (Unavailable, Forbidden, InvalidConfiguration) as error:
                log.debug("the configuration could not be read: %s", error)
                continue
            watched.follow(self._settings, configuration)

    def _requests(self) -> Mapping[str, float]:
        counts = self._kube.calls.snapshot()
        return {"requests_total": sum(counts.values()), "writes_total": writes(counts)}


def run(settings: Settings, command: Command) -> int:
    """Run one process to its end and return its exit code."""
    try:
        return asyncio.run(until_signal(Program(settings, command).run()))
    except InvalidConfiguration as error:
        log.error("%s", error)
        return BAD_CONFIGURATION


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


async def _patiently(call: Callable[[], T]) -> T:
    """Make a blocking call in a thread, again and again while the API server won't do it."""
    backoff = Backoff(first=0.5, limit=10.0)
    while True:
        try:
            return await asyncio.to_thread(call)
        except (Unavailable, Forbidden) as error:
            log.warning("not yet: %s", error)
            await asyncio.sleep(backoff.next())


def _watcher_figures(watcher: Watcher) -> Mapping[str, float]:
    figures = asdict(watcher.figures())
    return {name: float(value) for name, value in figures.items() if not isinstance(value, str)}
