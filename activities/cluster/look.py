"""One look at a cluster whose resource exists and is ours.

Parts that can't be looked at become concerns: what is wrong with one never hides the others.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

from activities.cluster import operations, pods, reading, silence, waits
from activities.cluster.comparison import Comparison
from activities.cluster.departures import Departures, obstacles
from activities.cluster.outlooks import LooksAtPatroni, LooksAtSql
from activities.cluster.report import status_of
from activities.kube import children, rollback, staleness
from activities.kube.client import Kube, Object
from activities.kube.existing import Existing
from activities.kube.judge import Judge
from activities.kube.parts import Sight
from activities.kube.roles import Roles
from activities.kube.staleness import Newest
from activities.kube.vetting import Vetting
from activities.manifests.instances import is_standby, number_of_instances
from activities.postgres import left_out
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.errors import FieldError, InvalidSpec, MatriarchError
from workflows.model.names import DRY_RUN, FINALIZER, PAUSED, STEERING, SYNC_REQUESTED
from workflows.model.observation import (
    Concern,
    Deletion,
    Observation,
    StatusSeen,
)
from workflows.model.postgresql import Postgresql
from workflows.model.protection import Protection
from workflows.model.status import digest

MASTER: Final = "master"
MOST_MESSAGES: Final = 20


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """What it takes to look; shared by all looks of a process."""

    kube: Kube
    judge: Judge
    vetting: Vetting
    roles: Roles
    patroni: LooksAtPatroni
    sql: LooksAtSql
    departures: Departures
    forget: Callable[[], None]
    """Makes the next look read anew what all clusters have in common, such as who is in a team."""
    today: Callable[[], date] = date.today
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    patience_seconds: float = 2.0
    """How long to wait for the StatefulSet's controller to see a new template."""


class Look:
    """One look at a resource that exists and is ours."""

    def __init__(
        self, eyes: Eyes, ref: ClusterRef, found: Object, configuration: Configuration
    ) -> None:
        self._eyes = eyes
        self._ref = ref
        self._found = found
        self._configuration = configuration
        self._concerns: dict[str, list[str]] = {}
        self._cluster: Postgresql | None = None
        self._invalid: Sequence[FieldError] = ()
        self._published: Sequence[str] = ()
        self._existing = Existing(eyes.kube, ref, configuration)

    def observation(self) -> Observation:
        metadata = self._found["metadata"]
        stateful_set = self._stateful_set()
        said = reading.read(self._found, self._configuration, exists=stateful_set is not None)
        self._cluster, self._invalid = said.cluster, said.errors
        listed = self._pods()
        lasting = None if metadata.get("deletionTimestamp") else self._cluster
        seen = self._seen_resource() | self._seen_operations(listed)
        if not (seen["status"].word or stateful_set or listed):
            self._existing.expect_nothing()
        if lasting is not None:  # before Patroni is asked: slots follow publications
            seen |= self._seen_sql(lasting, listed)
        seen |= self._seen_pods(listed, stateful_set)
        if seen["patroni"].changes or any(pod.stale for pod in seen["pods"]):
            self._concerns.pop(left_out.CONCERN, None)  # not taken over yet
        if lasting is not None:
            seen |= self._seen_objects(lasting, stateful_set)
        return Observation(
            **seen,
            invalid=reading.bad_fields(self._invalid),
            misnamed=said.misnamed,
            concerns=[
                Concern(name=name, message=in_one_sentence(messages))
                for name, messages in self._concerns.items()
            ],
            **times(self._configuration),
        )

    # -------------------------------------------------------------------------------- resource

    def _seen_resource(self) -> dict[str, Any]:
        metadata = self._found["metadata"]
        status = status_of(self._found)
        unfinished = reading.unfinished(status)
        annotations: Mapping[str, str] = metadata.get("annotations") or {}
        self._eyes.judge.heed(self._ref, annotations.get(SYNC_REQUESTED, ""))
        return {
            "ref": self._ref,
            "edition": 1,
            "found": True,
            "uid": metadata["uid"],
            "generation": metadata.get("generation", 0),
            "paused": annotations.get(PAUSED) == "true",
            "sync_requested": annotations.get(SYNC_REQUESTED, ""),
            "steering": annotations.get(STEERING, ""),
            "dry_run": annotations.get(DRY_RUN) == "true",
            "unknown_fields": reading.unknown(self._found),
            "without_effect": reading.remarks(self._found, self._cluster, self._configuration),
            "deletion": self._deletion(annotations),
            "finalizer": FINALIZER in (metadata.get("finalizers") or []),
            "finalizer_wanted": self._configuration.enable_finalizers,
            "database_access": self._configuration.enable_database_access,
            "status": StatusSeen(
                word=str(status.get("PostgresClusterStatus") or ""),
                observed_generation=int(status.get("observedGeneration") or 0),
                rolled_generation=int(status.get("rolledGeneration") or 0),
                digest=digest(status),
                unfinished=unfinished,
                silent=unfinished is not None and reading.is_silent(unfinished, self._eyes.now()),
            ),
        }

    def _seen_operations(self, listed: Sequence[Object]) -> dict[str, Any]:
        """What is asked for, and what has to wait for whom."""
        names = [str(pod["metadata"]["name"]) for pod in listed]
        found = operations.of_cluster(self._eyes.kube, self._ref)
        return {
            "operations": operations.unfinished(found, members=names),
            "durations": operations.durations(found),
            **waits.of(self._cluster, self._configuration, now=self._eyes.now()),
        }

    def _deletion(self, annotations: Mapping[str, str]) -> Deletion:
        if not self._found["metadata"].get("deletionTimestamp"):
            return Deletion()
        return Protection.of(self._configuration).verdict(
            name=self._ref.name, annotations=annotations, today=self._eyes.today()
        )

    # ------------------------------------------------------------------------ objects and pods

    def _stateful_set(self) -> Object | None:
        """As it is, after its controller has had a moment to see its newest template."""
        deadline = time.monotonic() + self._eyes.patience_seconds
        while True:
            found = self._eyes.kube.get("StatefulSet", self._ref.namespace, self._ref.name)
            if found is None or staleness.is_observed(found):
                return found
            if time.monotonic() >= deadline:
                self._note("StatefulSet", "its controller has not looked at its newest template")
                return found
            time.sleep(0.1)

    def _pods(self) -> list[Object]:
        """What can't be done without, so a failure here is one of the whole look."""
        labels = children.selector(self._ref, self._configuration)
        listed = self._existing.list("Pod", self._ref.namespace, labels)
        return children.database_pods(listed, self._ref, self._configuration)

    def _seen_pods(self, listed: Sequence[Object], stateful_set: Object | None) -> dict[str, Any]:
        label = self._configuration.pod_role_label
        newest = self._newest(stateful_set)
        found = self._eyes.departures.marked(
            [pods.seen(pod, role_label=label, newest=newest) for pod in listed],
            listed,
            self._configuration,
        )
        for obstacle in obstacles(found):
            self._note("Nodes", obstacle)
        replicas = (stateful_set or {}).get("spec", {}).get("replicas", 0)
        cluster = self._cluster
        return {
            "stateful_set": stateful_set is not None,
            "rolled_back": rollback.told(stateful_set),
            "pods": found,
            **self._seen_patroni(listed),
            "standby": cluster is not None and is_standby(cluster),
            "instances": number_of_instances(cluster, self._configuration) if cluster else replicas,
        }

    def _newest(self, stateful_set: Object | None) -> Newest | None:
        lazy = self._configuration.enable_lazy_spilo_upgrade
        return Newest(self._eyes.kube, stateful_set, lazy=lazy) if stateful_set else None

    def _seen_patroni(self, listed: Sequence[Object]) -> dict[str, Any]:
        """As it tells it, through the first pod that answers, the primary first."""
        outlook = self._eyes.patroni(
            addresses=self._addresses(listed),
            cluster=self._cluster,
            configuration=self._configuration,
            status=status_of(self._found),
            published=self._published,
        )
        for concern in outlook.concerns:
            self._note("Patroni", concern)
        return {
            "members": list(outlook.members),
            "patroni": outlook.seen,
            "silent": silence.told(self._eyes.kube, self._ref, outlook.silent, listed),
        }

    def _addresses(self, listed: Sequence[Object], *, role: str = "") -> list[str]:
        label = self._configuration.pod_role_label
        labelled = [(pod, (pod["metadata"].get("labels") or {}).get(label, "")) for pod in listed]
        labelled.sort(key=lambda pair: pair[1] != MASTER)
        return [
            pods.address(pod)
            for pod, found in labelled
            if found and role in ("", found) and pods.address(pod) and pods.is_alive(pod)
        ]

    def _seen_objects(self, cluster: Postgresql, stateful_set: Object | None) -> dict[str, Any]:
        self._existing.know("StatefulSet", self._ref.name, stateful_set)
        sight = Sight(
            cluster=cluster,
            configuration=self._configuration,
            roles=self._eyes.roles(cluster, self._configuration),
            existing=self._existing,
            judge=self._eyes.judge,
            thrifty=True,
            note=partial(self._note, "Objects"),
        )
        ignored = self._configuration.ignored_annotations
        comparison = Comparison(
            sight,
            difference=partial(self._eyes.judge.difference, ignored_annotations=ignored),
            refusal=self._eyes.vetting.refusal,
            concerned=self._concerned,
            note=self._note,
        )
        try:
            comparison.run()
            self._invalid = comparison.refused
        except InvalidSpec as error:
            self._invalid = error.errors
        return {"objects": comparison.differing, "objects_equal": comparison.equal}

    def _seen_sql(self, cluster: Postgresql, listed: Sequence[Object]) -> dict[str, Any]:
        """Only where there is a primary that may be written to."""
        hosts = self._addresses(listed, role=MASTER)
        if not hosts or not self._configuration.enable_database_access or is_standby(cluster):
            return {}
        with self._concerned("Databases"):
            outlook = self._eyes.sql(
                cluster=cluster,
                configuration=self._configuration,
                hosts=hosts,
                secrets=self._existing,
            )
            for concern, sentence in outlook.refused:
                self._note(concern, sentence)
            self._published = outlook.published
            return {"sql_pending": list(outlook.pending)}
        return {}

    # -------------------------------------------------------------------------------- concerns

    def _note(self, name: str, message: str) -> None:
        self._concerns.setdefault(name, []).append(message)

    @contextmanager
    def _concerned(self, name: str) -> Iterator[None]:
        try:
            yield
        except InvalidSpec:
            raise
        except MatriarchError as error:
            self._note(name, str(error))


def in_one_sentence(messages: Sequence[str]) -> str:
    """Not all of very many: a status has to stay readable, and has its limits."""
    more = len(messages) - MOST_MESSAGES
    told = "; ".join(messages[:MOST_MESSAGES])
    return f"{told}; and {more} more" if more > 0 else told


def times(configuration: Configuration) -> dict[str, float]:
    """How long the planner shall wait for what."""
    patience = configuration.resource_check_timeout + configuration.pod_label_wait_timeout
    return {
        "patience_seconds": patience.total_seconds(),
        "move_patience_seconds": configuration.master_pod_move_timeout.total_seconds(),
        "resync_seconds": configuration.resync_period.total_seconds(),
        "longest_retry_seconds": configuration.repair_period.total_seconds(),
    }
