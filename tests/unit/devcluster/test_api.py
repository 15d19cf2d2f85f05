from typing import Any

import pytest

from tests.devcluster.api import Api

REPORTED = 1767225605.0  # 2026-01-01T00:00:05Z


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """Knows one node, `worker`, that reported in the second REPORTED."""
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T00:00:05Z"}
    disk = {"type": "DiskPressure", "status": "True", "lastHeartbeatTime": "2026-01-01T00:00:09Z"}

    def get(_: Api, path: str) -> dict[str, Any] | None:
        return {"status": {"conditions": [disk, ready]}} if path.endswith("/worker") else None

    monkeypatch.setattr(Api, "get", get)
    return object.__new__(Api)


def test_a_report_in_the_same_second_or_later_counts(api: Api) -> None:
    assert api.ready_since("worker", REPORTED + 0.9)
    assert api.ready_since("worker", REPORTED - 10)


def test_a_report_of_an_earlier_second_is_from_before(api: Api) -> None:
    assert not api.ready_since("worker", REPORTED + 1)


def test_the_last_report_is_the_one_about_readiness(api: Api) -> None:
    assert api.last_report("worker") == REPORTED


def test_a_node_that_never_reported_is_not_ready(api: Api) -> None:
    assert api.last_report("new") == 0
    assert not api.ready_since("new", 0)
