"""A cluster whose Kubernetes objects are pretended and whose database server is real."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from activities.configuration import ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube, Object
from activities.kube.resource import Resources
from activities.postgres.connection import Primaries
from activities.postgres.drift import SqlDrift
from activities.postgres.steps import PostgresSteps
from activities.postgres.wanted import wanted_roles
from activities.vault import Vault
from tests.unit.sql_server.server import HOST, SUPERUSER_PASSWORD, Server
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.operations import SqlOrder
from workflows.model.postgresql import Postgresql, parse

NAMESPACE = "default"
OPERATOR_NAMESPACE = "operators"
NAME = "acid-test"
UID = "11111111-2222-3333-4444-555555555555"
LABELS = {"application": "spilo", "cluster-name": NAME}


class Objects:
    """The reading half of `Kube`, over a dict; counts what it is asked."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str, str], Object] = {}
        self.asked: list[str] = []

    def put(self, obj: Object) -> None:
        meta = obj["metadata"]
        self.stored[obj["kind"], meta["namespace"], meta["name"]] = obj

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        self.asked.append(f"get {kind}")
        return self.stored.get((kind, namespace, name))

    def list(
        self, kind: str, namespace: str, labels: Mapping[str, str], *, fresh: bool = False
    ) -> list[Object]:
        self.asked.append(f"list {kind}")
        return [
            obj
            for (its_kind, place, _), obj in sorted(self.stored.items())
            if (its_kind, place) == (kind, namespace)
            and labels.items() <= obj["metadata"].get("labels", {}).items()
        ]


@dataclass
class World:
    """What steps see; `password_of` every role is its name and a fixed ending."""

    server: Server
    spec: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    """The operator's ConfigMap."""
    passwords: dict[str, str] = field(default_factory=dict)
    """Of roles that shall have another password than `password_of` says."""
    name: str = NAME
    namespace: str = NAMESPACE

    def __post_init__(self) -> None:
        self.kube = Objects()
        kube = cast(Kube, self.kube)
        settings = ConfigurationSettings(OPERATOR_NAMESPACE, config_map="operator")
        self.vault = Vault(self.kube)
        self.primaries = Primaries(self.kube, self.vault, port=self.server.port)
        self.steps = PostgresSteps(
            resources=Resources(kube),
            configuration=ConfigurationSource(kube, settings),
            vault=self.vault,
            primaries=self.primaries,
        )
        self.drift = SqlDrift(vault=self.vault, primaries=self.primaries)
        self.apply()

    def apply(self, **changes: Any) -> None:
        """Write manifest, configuration, the primary's pod and all Secrets."""
        self.spec.update(changes)
        self.kube.put(self._config_map())
        self.kube.put(self._resource())
        self.kube.put(self._pod())
        for role in wanted_roles(cluster=self.cluster, configuration=self.configuration):
            if role.secret is not None:
                self.put_secret(role.secret.namespace, role.secret.name, role.name)

    def put_secret(self, namespace: str, name: str, role: str) -> None:
        text = {"username": role, "password": self.password_of(role)}
        data = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
        meta = {"namespace": namespace, "name": name, "labels": self.labels}
        self.kube.put({"kind": "Secret", "metadata": meta, "data": data})

    def password_of(self, role: str) -> str:
        usual = SUPERUSER_PASSWORD if role == "postgres" else f"{role}-Wah7ohsh5bieTh"
        return self.passwords.get(role, usual)

    @property
    def labels(self) -> dict[str, str]:
        return {**LABELS, "cluster-name": self.name}

    @property
    def order(self) -> SqlOrder:
        return SqlOrder(ref=ClusterRef(namespace=self.namespace, name=self.name), uid=UID)

    @property
    def cluster(self) -> Postgresql:
        return parse(self._resource())

    @property
    def configuration(self) -> Configuration:
        return Configuration.from_config_map(self.options, operator_namespace=OPERATOR_NAMESPACE)

    def pending(self) -> list[str]:
        return self.drift.pending(cluster=self.cluster, configuration=self.configuration)

    def refused(self) -> list[str]:
        outlook = self.drift.look(cluster=self.cluster, configuration=self.configuration)
        return list(outlook.refused)

    def _config_map(self) -> Object:
        meta = {
            "namespace": OPERATOR_NAMESPACE,
            "name": "operator",
            "resourceVersion": str(sorted(self.options.items())),
        }
        return {"kind": "ConfigMap", "metadata": meta, "data": self.options}

    def _resource(self) -> Object:
        spec = {
            "teamId": "acid",
            "numberOfInstances": 1,
            "postgresql": {"version": "18"},
            "volume": {"size": "1Gi"},
            **self.spec,
        }
        meta = {"namespace": self.namespace, "name": self.name, "uid": UID}
        return {
            "apiVersion": "acid.zalan.do/v1",
            "kind": "postgresql",
            "metadata": meta,
            "spec": spec,
        }

    def _pod(self) -> Object:
        meta = {
            "namespace": self.namespace,
            "name": f"{self.name}-0",
            "labels": {**self.labels, "spilo-role": "master"},
        }
        return {"kind": "Pod", "metadata": meta, "status": {"podIP": HOST}}
