"""Wires what the API port shows: pages, facts and metrics, to the parts that know them."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from activities.configuration import ConfigurationSource
from activities.kube.calls import writes
from activities.kube.client import Kube
from activities.postgres import infrastructure
from matriarch import figures
from matriarch.health import Health
from matriarch.measuring import Measurements
from matriarch.rest import settings as settings_page
from matriarch.rest import workers
from matriarch.rest.api import Rest
from matriarch.rest.clusters import Clusters
from matriarch.rest.past import Past
from matriarch.rest.workers import Business
from matriarch.settings import Settings
from matriarch.temporal import Temporal
from matriarch.wiring import configuration_settings
from watcher.service import Watcher
from workflows.model.configuration import Configuration


def show_process(
    health: Health, *, kube: Kube, source: ConfigurationSource, measured: Measurements
) -> None:
    """What every process knows, whatever else runs in it."""
    health.notices["configuration"] = lambda: source.problem or source.remarks
    health.facts["LastSyncTime"] = lambda: int(measured.last_look or 0)
    health.facts["kubernetes"] = lambda: _requests(kube)
    health.families += [
        measured.families,
        lambda: figures.of_requests(kube.calls.snapshot()),
        lambda: figures.of_configuration(source.problem),
        figures.of_process,
    ]


def show_watcher(health: Health, watcher: Watcher, *, source: ConfigurationSource) -> None:
    """What the watcher knows; on a replica that stands by, that it does."""
    health.notices["watcher"] = lambda: watcher.figures().trouble
    health.facts["Clusters"] = lambda: watcher.figures().clusters
    health.facts["WorkerQueueSize"] = lambda: _queue_sizes(watcher, source.in_force)
    health.facts["watcher"] = lambda: asdict(watcher.figures())
    health.families.append(lambda: figures.of_watcher(watcher.figures()))


def rest(
    *,
    settings: Settings,
    kube: Kube,
    source: ConfigurationSource,
    temporal: Temporal,
    watcher: Watcher | None,
) -> Rest:
    """Zalando's API. To be called in the event loop that the answers come from."""
    clusters = Clusters(
        kube,
        source.current,
        namespaces=lambda configuration: settings.namespaces(configuration.watched_namespace),
        controller_id=settings.controller_id,
    )

    def shown() -> Mapping[str, Any]:
        configuration = source.current()
        return settings_page.shown(
            configuration,
            settings=configuration_settings(settings),
            controller_id=settings.controller_id,
            roles=infrastructure.read(kube, configuration).roles,
        )

    return Rest(
        clusters=clusters,
        configuration=source.current,
        shown=shown,
        past=Past(lambda: temporal.client),
        business=Business(watcher, temporal, temporal.at_rest) if watcher else None,
        watcher=watcher,
        loop=asyncio.get_running_loop(),
    )


def _requests(kube: Kube) -> Mapping[str, int]:
    counts = kube.calls.snapshot()
    return {"requests_total": sum(counts.values()), "writes_total": writes(counts)}


def _queue_sizes(watcher: Watcher, configuration: Configuration | None) -> Mapping[str, int]:
    number = configuration.workers if configuration else 1
    queues = workers.queues(watcher.waiting(), workers=number)
    return {worker: len(queue["Keys"]) for worker, queue in queues.items()}
