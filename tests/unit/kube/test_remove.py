from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.kube.remove import in_words


def child(kind: str, **metadata: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "c-0", **metadata}}


def test_a_pod_is_told_with_its_node() -> None:
    pod = child("Pod") | {"spec": {"nodeName": "n1"}}
    assert in_words(pod) == "Pod c-0 is being deleted on node n1"


def test_what_holds_an_object_is_named() -> None:
    claim = child("PersistentVolumeClaim", finalizers=["kubernetes.io/pvc-protection"])
    assert in_words(claim).endswith("held by kubernetes.io/pvc-protection")


@pytest.mark.parametrize("grace", [0, 300])
def test_seconds_are_counted_from_the_request_not_from_the_end_of_grace(grace: int) -> None:
    ends = datetime.now(UTC) - timedelta(seconds=40) + timedelta(seconds=grace)
    stamp = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    text = in_words(child("Pod", deletionTimestamp=stamp, deletionGracePeriodSeconds=grace))
    seconds = int(text.split(" for ")[1].split(" ")[0])
    assert 40 <= seconds <= 60
