from typing import Any

import pytest

from activities.cluster import troubles


def deployment(kind: str, status: str) -> dict[str, Any]:
    condition = {"type": kind, "status": status, "message": "quota exceeded"}
    metadata = {"name": "acid-c-pooler"}
    return {"kind": "Deployment", "metadata": metadata, "status": {"conditions": [condition]}}


@pytest.mark.parametrize(("kind", "bad"), [("Progressing", "False"), ("ReplicaFailure", "True")])
def test_pods_that_do_not_come_up_are_told_with_the_reason(kind: str, bad: str) -> None:
    assert [*troubles.of(deployment(kind, bad))] == ["Deployment acid-c-pooler: quota exceeded"]


@pytest.mark.parametrize(
    "live",
    [
        None,
        deployment("Progressing", "True"),
        deployment("Available", "False"),
        {"kind": "Deployment", "metadata": {"name": "new"}},
        {**deployment("Progressing", "False"), "kind": "Service"},
    ],
)
def test_what_is_well_or_only_begins_is_no_trouble(live: dict[str, Any] | None) -> None:
    assert [*troubles.of(live)] == []
