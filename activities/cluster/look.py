"""One look at a cluster whose resource exists and is ours.

Parts that can't be looked at become concerns: what is wrong with one never hides the others.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

from activities.cluster import pods
from activities.cluster.comparison import Comparison
from activities.cluster.report import status_of
from activities.kube import children
from activities.kube.client import Kube, Object
from activities.kube.judge import Judge
from activities.kube.roles import Roles
from activities.manifests.instances import is_standby, number_of_instances
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.errors import FieldError, InvalidManifest, MatriarchError
from workflows.model.names import FINALIZER
from workflows.model.observation import (
    BadField,
    Concern,
    Deletion,
    MemberSeen,
    Observation,
    StatusSeen,
)
from workflows.model.operations import Stage
from workflows.model.postgresql import Postgresql, name_errors, parse, unknown_fields
from workflows.model.protection import Protection
from workflows.model.status import digest

PAUSED: Final = "matriarch.dev/paused"
MASTER: Final = "master"
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_ROLE_SENTENCES: Final = ("role ", "user ")


class SqlOutlook(Protocol):
    """What SQL is pending, and what is refused; see `activities.postgres.drift.Outlook`."""

    @property
    def pending(self) -> Sequence[str]: ...

    @property
    def refused(self) -> Sequence[str]: ...


class LooksAtSql(Protocol):
    """The look at roles and databases; see `activities.postgres.drift.SqlDrift.look`."""

    def __call__(
        self, *, cluster: Postgresql, configuration: Configuration, hosts: Sequence[str]
    ) -> SqlOutlook: ...


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """What it takes to look; shared by all looks of a process."""

    kube: Kube
    judge: Judge
    roles: Roles
    members: Callable[[str], Sequence[MemberSeen]]
    """Members as the Patroni at this address shows them."""
    sql: LooksAtSql
    today: Callable[[], date] = date.today
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
        self._invalid: list[FieldError] = []
        self._cluster = self._decoded()

    def observation(self) -> Observation:
        metadata = self._found["metadata"]
        stateful_set = self._stateful_set()
        listed = self._pods()
        seen = self._seen_resource()
        seen |= self._seen_pods(listed, stateful_set)
        if self._cluster is not None and not metadata.get("deletionTimestamp"):
            seen |= self._seen_objects(self._cluster, stateful_set)
            seen |= self._seen_sql(self._cluster, listed)
        return Observation(
            **seen,
            invalid=[_bad_field(error) for error in self._invalid],
            concerns=[
                Concern(name=name, message="; ".join(messages))
                for name, messages in self._concerns.items()
            ],
            **times(self._configuration),
        )

    # -------------------------------------------------------------------------------- resource

    def _decoded(self) -> Postgresql | None:
        team_prefix = self._configuration.enable_team_id_clustername_prefix
        try:
            cluster = parse(self._found)
        except InvalidManifest as error:
            self._invalid = error.errors
            return None
        self._invalid = name_errors(cluster, team_prefix=team_prefix)
        return None if self._invalid else cluster

    def _seen_resource(self) -> dict[str, Any]:
        metadata = self._found["metadata"]
        status = status_of(self._found)
        annotations: Mapping[str, str] = metadata.get("annotations") or {}
        return {
            "ref": self._ref,
            "found": True,
            "uid": metadata["uid"],
            "generation": metadata.get("generation", 0),
            "paused": annotations.get(PAUSED) == "true",
            "unknown_fields": self._unknown_fields(annotations),
            "deletion": self._deletion(annotations),
            "finalizer": FINALIZER in (metadata.get("finalizers") or []),
            "finalizer_wanted": self._configuration.enable_finalizers,
            "database_access": self._configuration.enable_database_access,
            "status": StatusSeen(
                word=str(status.get("PostgresClusterStatus") or ""),
                observed_generation=int(status.get("observedGeneration") or 0),
                digest=digest(status),
            ),
        }

    def _unknown_fields(self, annotations: Mapping[str, str]) -> list[str]:
        """Also what the API server dropped already, if kubectl has left what it was given."""
        try:
            applied = json.loads(annotations.get(_LAST_APPLIED, "{}"))
        except ValueError:
            applied = {}
        given = applied if isinstance(applied, dict) else {}
        return list(dict.fromkeys([*unknown_fields(self._found), *unknown_fields(given)]))

    def _deletion(self, annotations: Mapping[str, str]) -> Deletion:
        if not self._found["metadata"].get("deletionTimestamp"):
            return Deletion()
        refused = Protection.of(self._configuration).refusal(
            name=self._ref.name, annotations=annotations, today=self._eyes.today()
        )
        return Deletion(requested=True, refused=refused)

    # ------------------------------------------------------------------------ objects and pods

    def _stateful_set(self) -> Object | None:
        """As it is, after its controller has had a moment to see its newest template."""
        deadline = time.monotonic() + self._eyes.patience_seconds
        while True:
            found = self._eyes.kube.get("StatefulSet", self._ref.namespace, self._ref.name)
            if found is None or pods.is_observed(found):
                return found
            if time.monotonic() >= deadline:
                self._note("StatefulSet", "its controller has not looked at its newest template")
                return found
            time.sleep(0.1)

    def _pods(self) -> list[Object]:
        """What can't be done without, so a failure here is one of the whole look."""
        labels = children.selector(self._ref, self._configuration)
        listed = self._eyes.kube.list("Pod", self._ref.namespace, labels, fresh=True)
        own = [pod for pod in listed if self._is_member(pod)]
        return sorted(own, key=lambda pod: str(pod["metadata"]["name"]))

    def _is_member(self, pod: Object) -> bool:
        return children.belongs(
            Stage.PODS, "Pod", pod, ref=self._ref, configuration=self._configuration
        )

    def _seen_pods(self, listed: Sequence[Object], stateful_set: Object | None) -> dict[str, Any]:
        label = self._configuration.pod_role_label
        revision = pods.newest_revision(stateful_set)
        found = [pods.seen(pod, role_label=label, revision=revision) for pod in listed]
        replicas = (stateful_set or {}).get("spec", {}).get("replicas", 0)
        cluster = self._cluster
        return {
            "stateful_set": stateful_set is not None,
            "pods": found,
            "members": self._members(listed),
            "standby": cluster is not None and is_standby(cluster),
            "instances": number_of_instances(cluster, self._configuration) if cluster else replicas,
        }

    def _members(self, listed: Sequence[Object]) -> list[MemberSeen]:
        """As Patroni tells it, from the first pod that answers, the primary first."""
        errors: list[MatriarchError] = []
        for address in self._addresses(listed):
            try:
                return list(self._eyes.members(address))
            except MatriarchError as error:
                errors.append(error)
        if errors:
            self._note("Patroni", f"no member tells the state of the cluster: {errors[0]}")
        return []

    def _addresses(self, listed: Sequence[Object], *, role: str = "") -> list[str]:
        label = self._configuration.pod_role_label
        labelled = [(pod, (pod["metadata"].get("labels") or {}).get(label, "")) for pod in listed]
        labelled.sort(key=lambda pair: pair[1] != MASTER)
        return [
            pods.address(pod)
            for pod, found in labelled
            if found and role in ("", found) and pods.address(pod) and _is_alive(pod)
        ]

    def _seen_objects(self, cluster: Postgresql, stateful_set: Object | None) -> dict[str, Any]:
        comparison = Comparison(
            kube=self._eyes.kube,
            judge=self._eyes.judge,
            cluster=cluster,
            configuration=self._configuration,
            roles=self._eyes.roles(cluster, self._configuration),
            concerned=self._concerned,
            note=self._note,
        )
        try:
            comparison.run(stateful_set)
        except InvalidManifest as error:
            self._invalid = error.errors
        return {"objects": comparison.differing, "objects_equal": comparison.equal}

    def _seen_sql(self, cluster: Postgresql, listed: Sequence[Object]) -> dict[str, Any]:
        """Only where there is a primary that may be written to."""
        hosts = self._addresses(listed, role=MASTER)
        if not hosts or not self._configuration.enable_database_access or is_standby(cluster):
            return {}
        with self._concerned("Databases"):
            outlook = self._eyes.sql(
                cluster=cluster, configuration=self._configuration, hosts=hosts
            )
            for sentence in outlook.refused:
                is_role = sentence.startswith(_ROLE_SENTENCES)
                self._note("Roles" if is_role else "Databases", sentence)
            return {"sql_pending": list(outlook.pending)}
        return {}

    # -------------------------------------------------------------------------------- concerns

    def _note(self, name: str, message: str) -> None:
        self._concerns.setdefault(name, []).append(message)

    @contextmanager
    def _concerned(self, name: str) -> Iterator[None]:
        try:
            yield
        except InvalidManifest:
            raise
        except MatriarchError as error:
            self._note(name, str(error))


def _is_alive(pod: Object) -> bool:
    running = pod.get("status", {}).get("phase") == "Running"
    return running and not pod["metadata"].get("deletionTimestamp")


def _bad_field(error: FieldError) -> BadField:
    return BadField(path=error.path, value=str(error.value), accepted=error.accepted)


def times(configuration: Configuration) -> dict[str, float]:
    """How long the planner shall wait for what."""
    patience = configuration.resource_check_timeout + configuration.pod_label_wait_timeout
    return {
        "patience_seconds": patience.total_seconds(),
        "resync_seconds": configuration.resync_period.total_seconds(),
        "repair_seconds": configuration.repair_period.total_seconds(),
    }
