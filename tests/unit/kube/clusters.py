"""Resources and configurations for tests of pure parts."""

from typing import Any

from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql, parse


def cluster(*, name: str = "acid-c", namespace: str = "ns", **spec: Any) -> Postgresql:
    return parse(
        {
            "apiVersion": "acid.zalan.do/v1",
            "kind": "postgresql",
            "metadata": {"name": name, "namespace": namespace, "uid": "u1"},
            "spec": {
                "teamId": "acid",
                "numberOfInstances": 2,
                "postgresql": {"version": "17"},
                "volume": {"size": "1Gi"},
                **spec,
            },
        }
    )


def configuration(**data: str) -> Configuration:
    return Configuration.from_config_map(data, operator_namespace="operators")
