"""Resources and configurations with only what a test is about."""

from typing import Any

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
