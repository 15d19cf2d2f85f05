"""The operator's own steps against the real API server, and what nodes would do in its absence."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from kubernetes import config as kubernetes_config
from kubernetes.client import Configuration as KubernetesConfiguration

from activities.cluster.departures import Departures
from activities.cluster.look import Eyes
from activities.cluster.observe import Observer
from activities.cluster.records import Records
from activities.cluster.report import Reporter
from activities.configuration import RECENT_SECONDS, ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube as KubeClient
from activities.kube.judge import Judge
from activities.kube.steps import KubernetesSteps
from activities.kube.vetting import Vetting
from activities.patroni.drift import PatroniOutlook
from activities.postgres.wanted import wanted_roles
from tests.apiserver.kube import Kube, Object
from tests.apiserver.plane import Plane
from tests.field.waiting import until
from workflows.model.base import ClusterRef
from workflows.model.children import Group, Stage
from workflows.model.members import MemberSeen
from workflows.model.observation import Observation
from workflows.model.orders import Applied, ApplyOrder, ObserveOrder, Removed, RemoveOrder

Value = TypeVar("Value")

NAME = "acid-steps"
SETTINGS = "operator-settings"


def eventually(check: Callable[[], Value | None]) -> Value:
    """The first truthy value; controllers of the control plane take a moment."""
    return until("what this line says", check, within=180, every=0.05)


def connected(kubeconfig: Path) -> "Attentive":
    """The client under test, as the user of this file."""
    configuration = KubernetesConfiguration()
    configuration.no_proxy = "127.0.0.1"
    kubernetes_config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    return Attentive(configuration)


class Attentive(KubeClient):
    """Lists what a test has just written, which the server's cache may not hold yet.

    `hasty` as the operator itself, which takes what the cache holds.
    """

    hasty = False

    def list(self, *what: Any, **how: Any) -> list[Object]:
        return super().list(*what, **how | ({} if self.hasty else {"fresh": True}))


def postgresql(namespace: str, name: str = NAME, **spec: Any) -> Object:
    return {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "postgresql",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "teamId": "acid",
            "numberOfInstances": 2,
            "postgresql": {"version": "17"},
            "volume": {"size": "1Gi"},
            "users": {"app": [], "other_app": []},
            "databases": {"app": "app"},
            **spec,
        },
    }


@dataclass
class Sql:
    """Stands in for the look at the database."""

    pending: Sequence[str] = ()
    refused: Sequence[tuple[str, str]] = ()
    published: Sequence[str] = ()
    asked: list[Sequence[str]] = field(default_factory=list)

    def __call__(
        self, *, cluster: Any, configuration: Any, hosts: Sequence[str], secrets: Any
    ) -> "Sql":
        self.asked.append(hosts)
        return self


class Operator:
    """Steps, wired as the program does it; the configuration is a ConfigMap of the test."""

    def __init__(self, client: Attentive, admin: Kube, namespace: str, **data: str) -> None:
        self.client, self.admin, self.namespace = client, admin, namespace
        self.ref = ClusterRef(namespace=namespace, name=NAME)
        self.sql = Sql()
        self.members: list[MemberSeen] = []
        self.leader = ""
        self.today = date(2026, 1, 31)
        self.later = 0.0
        """Seconds by which time is put forward for what reads the configuration."""
        self.source = ConfigurationSource(
            client,
            ConfigurationSettings(operator_namespace=namespace, config_map=SETTINGS),
            clock=lambda: time.monotonic() + self.later,
        )
        self.start_process()
        self.configure(**data)

    def start_process(self) -> None:
        """What a process remembers is forgotten by a new one."""
        judge = Judge()
        roles = _roles
        self.steps = KubernetesSteps(
            kube=self.client,
            configuration=self.source,
            judge=judge,
            roles=roles,
            leader=lambda address: self.leader,
        )
        eyes = Eyes(
            kube=self.client,
            judge=judge,
            vetting=Vetting(self.client, judge),
            roles=roles,
            patroni=self._patroni,
            sql=self.sql,
            departures=Departures(self.client),
            forget=lambda: None,
            today=lambda: self.today,
            patience_seconds=5.0,
        )
        self.observer = Observer(eyes, self.source)
        self.reporter = Reporter(self.client, Records(self.client, self.source))

    def _patroni(self, **asked: Any) -> PatroniOutlook:
        """Stands in for the look at Patroni, while there is somebody to ask."""
        return PatroniOutlook(self.members if asked["addresses"] else [])

    def configure(self, **data: str) -> None:
        meta = {"name": SETTINGS, "namespace": self.namespace}
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}
        if self.admin.get("ConfigMap", self.namespace, SETTINGS):
            self.admin.replace(manifest)
        else:
            self.admin.create(manifest)
        self.later += RECENT_SECONDS

    # ------------------------------------------------------------------------------- resource

    def create(self, **spec: Any) -> Object:
        return self.admin.create(postgresql(self.namespace, **spec))

    @property
    def resource(self) -> Object:
        found = self.admin.get("postgresql", self.namespace, NAME)
        assert found is not None
        return found

    @property
    def uid(self) -> str:
        return str(self.resource["metadata"]["uid"])

    def edit(self, **spec: Any) -> None:
        self.admin.merge("postgresql", self.namespace, NAME, {"spec": spec})

    def annotate(self, **annotations: str | None) -> None:
        change = {"metadata": {"annotations": annotations}}
        self.admin.merge("postgresql", self.namespace, NAME, change)

    # ---------------------------------------------------------------------------------- steps

    def apply(
        self,
        *groups: Group,
        uid: str | None = None,
        untouched: bool = False,
        instances: int | None = None,
    ) -> Applied:
        order = ApplyOrder(
            ref=self.ref,
            uid=self.uid if uid is None else uid,
            groups=list(groups),
            untouched=untouched,
            instances=instances,
        )
        return self.steps.apply(order)

    def apply_all(self) -> list[str]:
        """Everything written, as `Kind/name`."""
        return self.apply(*Group).written

    def observe(self) -> Observation:
        return self.observer.observe(ObserveOrder(ref=self.ref))

    def requests_of_a_look(self) -> Counter[tuple[str, str]]:
        """Verb and kind of each request that one look makes."""
        before, self.client.hasty = self.client.calls.snapshot(), True
        self.observe()
        self.client.hasty = False
        return self.client.calls.snapshot() - before

    def remove(self, stage: Stage, uid: str) -> Removed:
        return self.steps.remove(RemoveOrder(ref=self.ref, uid=uid, stage=stage))

    def remove_all(self, uid: str) -> list[Removed]:
        return [self.remove(stage, uid) for stage in Stage]

    def child(self, kind: str, name: str = NAME) -> Object:
        found = self.admin.get(kind, self.namespace, name)
        assert found is not None, f"{kind} {name} does not exist"
        return found

    def secret(self, user: str) -> str:
        return f"{user}.{NAME}.credentials.postgresql.acid.zalan.do"


@contextmanager
def operating(plane: Plane, admin: Kube, namespace: str) -> Iterator[Operator]:
    """The operator in one namespace; its cluster is gone at once at the end."""
    client = connected(plane.kubeconfig("operator"))
    try:
        yield Operator(client, admin, namespace)
    finally:
        if admin.get("postgresql", namespace, NAME):
            admin.delete("postgresql", namespace, NAME)
        if admin.get("postgresql", namespace, NAME):
            admin.merge("postgresql", namespace, NAME, {"metadata": {"finalizers": None}})
        client.close()


def _roles(cluster: Any, configuration: Any) -> Any:
    return wanted_roles(cluster=cluster, configuration=configuration)


class Kubelet:
    """Lets deleted pods go at once, as no node is there to stop them."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube, self._namespace = kube, namespace
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Kubelet":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(0.1):
            for pod in self._kube.list("Pod", self._namespace):
                if pod["metadata"].get("deletionTimestamp"):
                    name = pod["metadata"]["name"]
                    self._kube.delete("Pod", self._namespace, name, gracePeriodSeconds=0)
        self._kube.close()
