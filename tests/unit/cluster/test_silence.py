from typing import Any, cast

from activities.cluster import silence
from activities.kube.client import Kube
from tests.unit.patroni.test_complaints import line
from workflows.model.base import ClusterRef
from workflows.model.errors import Unavailable

REF = ClusterRef(namespace="shop", name="acid-c")


class Logs:
    """Of members by name; those that have none can't be asked."""

    def __init__(self, **logs: str) -> None:
        self.logs = {name.replace("_", "-"): log for name, log in logs.items()}

    def exec(self, namespace: str, pod: str, *_: object, **__: object) -> str:
        if pod not in self.logs:
            raise Unavailable(f"{namespace}/{pod} runs nothing")
        return self.logs[pod]


def pod(name: str, *, ready: bool = True) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": {"name": name}, "status": {"phase": "Running", "conditions": conditions}}


def told(silent: dict[str, str], *pods: dict[str, Any], **logs: str) -> dict[str, str]:
    return silence.told(cast("Kube", Logs(**logs)), REF, silent, pods)


def test_a_state_is_told_with_what_its_postgres_complains_of() -> None:
    log = line("startup", "FATAL", "database files are incompatible with server")
    assert told({"c-1": "start failed"}, pod("c-1"), c_1=log) == {
        "c-1": "start failed, its Postgres says: database files are incompatible with server"
    }


def test_one_that_complains_of_nothing_or_can_not_be_asked_is_told_by_its_state() -> None:
    found = told({"c-1": "running", "c-2": "starting"}, pod("c-1"), pod("c-2"), c_1="")
    assert found == {"c-1": "running", "c-2": "starting"}


def test_one_that_copies_its_data_is_not_asked() -> None:
    log = line("startup", "FATAL", "of another life")
    assert told({"c-1": "creating replica"}, pod("c-1"), c_1=log) == {"c-1": "creating replica"}


def test_of_one_whose_pod_does_not_serve_the_pod_tells_why() -> None:
    assert told({"c-1": "stopped", "c-2": "stopped"}, pod("c-1", ready=False)) == {}
