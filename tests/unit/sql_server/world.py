"""A cluster whose Kubernetes objects are pretended and whose database server is real."""

import base64
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from activities.configuration import RECENT_SECONDS, ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube, Object
from activities.kube.resource import Resources
from activities.kube.rotated import Rotated
from activities.postgres.connection import Primaries
from activities.postgres.drift import SqlDrift
from activities.postgres.sources import RoleSources
from activities.postgres.steps import PostgresSteps
from activities.postgres.way_in import WayIn
from activities.teams.client import TeamsClient
from activities.teams.directory import Directory
from activities.teams.source import PeopleSource
from activities.vault import Vault
from tests.unit.postgres.objects import Objects
from tests.unit.sql_server.server import HOST, SUPERUSER_PASSWORD, Server
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.orders import SqlOrder
from workflows.model.postgresql import Postgresql, parse

NAMESPACE = "default"
OPERATOR_NAMESPACE = "operators"
NAME = "acid-test"
UID = "11111111-2222-3333-4444-555555555555"
LABELS = {"application": "spilo", "cluster-name": NAME}


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
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.commands: list[Sequence[str]] = []
        """That were run in pods."""
        self.kube = Objects()
        kube = cast(Kube, self.kube)
        settings = ConfigurationSettings(OPERATOR_NAMESPACE, config_map="operator")
        impatient = partial(next, itertools.count(0, RECENT_SECONDS))  # nothing is ever recent
        self.vault = Vault(self.kube)
        self.primaries = Primaries(self.kube, self.vault, port=self.server.port)
        directory = Directory(TeamsClient(), self.vault)
        people = PeopleSource(self.kube, directory, operator_namespace=OPERATOR_NAMESPACE)
        self.sources = RoleSources(self.kube, people)
        self.steps = PostgresSteps(
            resources=Resources(kube),
            configuration=ConfigurationSource(kube, settings, clock=impatient),
            vault=self.vault,
            primaries=self.primaries,
            sources=self.sources,
            rotated=Rotated(self.kube),
            way_in=WayIn(self),
            now=lambda: self.now,
        )
        self.drift = SqlDrift(
            vault=self.vault, primaries=self.primaries, sources=self.sources, now=lambda: self.now
        )
        self.apply()

    def apply(self, **changes: Any) -> None:
        """Write manifest, configuration, the primary's pod and all Secrets."""
        self.spec.update(changes)
        self.kube.put(self._config_map())
        self.kube.put(self._resource())
        self.kube.put(self._pod())
        for role in self.sources.roles(self.cluster, self.configuration):
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

    def exec(
        self,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        seconds: float = 0.0,
        given: str = "",
    ) -> str:
        self.commands.append(command)
        return self.server.run(command, given)

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
        return Configuration.from_config_map(self.data, operator_namespace=OPERATOR_NAMESPACE)

    def pending(self) -> list[str]:
        return self.drift.pending(cluster=self.cluster, configuration=self.configuration)

    def refused(self) -> list[str]:
        outlook = self.drift.look(cluster=self.cluster, configuration=self.configuration)
        return [sentence for _, sentence in outlook.refused]

    def _config_map(self) -> Object:
        meta = {
            "namespace": OPERATOR_NAMESPACE,
            "name": "operator",
            "resourceVersion": str(sorted(self.data.items())),
        }
        return {"kind": "ConfigMap", "metadata": meta, "data": self.data}

    @property
    def data(self) -> dict[str, str]:
        return {"enable_teams_api": "false", **self.options}

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
