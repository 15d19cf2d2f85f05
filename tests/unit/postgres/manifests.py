"""Resources and configurations with only what a test is about."""

from typing import Any

from activities.postgres.sources import RoleSources
from activities.teams.client import TeamsClient
from activities.teams.directory import Directory
from activities.teams.source import PeopleSource
from activities.vault import ReadsObjects, Vault
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql, parse


def cluster(name: str = "acid-test", **spec: Any) -> Postgresql:
    return parse(
        {
            "apiVersion": "acid.zalan.do/v1",
            "kind": "postgresql",
            "metadata": {"name": name, "namespace": "default", "uid": "u"},
            "spec": {
                "teamId": "acid",
                "numberOfInstances": 1,
                "postgresql": {"version": "18"},
                "volume": {"size": "1Gi"},
                **spec,
            },
        }
    )


def configuration(**options: str) -> Configuration:
    return Configuration.from_config_map(options, operator_namespace="operators")


def role_sources(kube: ReadsObjects, *, kept_seconds: float = 0.0) -> RoleSources:
    people = PeopleSource(
        kube,
        Directory(TeamsClient(), Vault(kube)),
        operator_namespace="operators",
        kept_seconds=kept_seconds,
    )
    return RoleSources(kube, people, kept_seconds=kept_seconds)
