from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.cluster import operations
from workflows.model.kinds import Kind
from workflows.model.postgresoperation import Phase, Verb

MEMBERS = ("orders-0", "orders-1")
NOW = datetime(2026, 1, 31, tzinfo=UTC)


def operation(name: str = "mine", **more: Any) -> dict[str, Any]:
    spec = {"cluster": "orders", "kind": "switchover"} | more.pop("spec", {})
    return {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "PostgresOperation",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {"matriarch.dev/automatic": "true"} if more.pop("auto", None) else {},
        },
        "spec": spec,
        "status": more,
    }


def finished(name: str, *, ago: timedelta, seconds: int = 10, phase: str = "Succeeded") -> Any:
    ended = NOW - ago
    started = ended - timedelta(seconds=seconds)
    return operation(name, phase=phase, started=started.isoformat(), finished=ended.isoformat())


def test_what_is_asked_for_is_read_as_it_is_written() -> None:
    spec = {"candidate": "orders-1", "at": "2026-02-01T02:00:00Z", "steering": "approve"}
    asked = operation(spec=spec)
    asked["metadata"]["generation"] = 2
    (seen,) = operations.unfinished([asked], members=MEMBERS)
    assert (seen.kind, seen.candidate, seen.at) == (Kind.SWITCHOVER, "orders-1", spec["at"])
    assert (seen.steering, seen.phase, seen.invalid) == (Verb.APPROVE, None, "")


def test_who_only_asks_does_not_approve() -> None:
    asked = operation(spec={"steering": "approve"})
    asked["metadata"]["generation"] = 1
    (seen,) = operations.unfinished([asked], members=MEMBERS)
    assert seen.steering is None


def test_finished_ones_are_left_out_and_waiting_ones_are_not() -> None:
    found = [operation("a", phase="Aborted"), operation("b", phase="Waiting")]
    assert [one.phase for one in operations.unfinished(found, members=MEMBERS)] == [Phase.WAITING]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"kind": "create"}, "spec.kind"),
        ({"candidate": "orders-7"}, "spec.candidate"),
        ({"member": "orders-1"}, "spec.member"),
        ({"kind": "reinitialise"}, "spec.member"),
        ({"kind": "restart", "member": "else-0"}, "spec.member"),
        ({"kind": "restart", "candidate": "orders-1"}, "spec.candidate"),
        ({"at": "2026-99-01T02:00:00Z"}, "spec.at"),
        ({"at": "tomorrow"}, "spec.at"),
    ],
)
def test_what_can_not_be_done_is_told_at_the_field(spec: dict[str, str], field: str) -> None:
    (seen,) = operations.unfinished([operation(spec=spec)], members=MEMBERS)
    assert seen.invalid.startswith(field)
    assert "expected" in seen.invalid


def test_one_that_was_accepted_is_not_refused_as_its_member_is_away_for_a_moment() -> None:
    spec = {"kind": "restart", "member": "orders-1", "at": "2026-02-01T02:00:00Z"}
    (seen,) = operations.unfinished([operation(spec=spec, phase="Waiting")], members=["orders-0"])
    assert seen.invalid == ""


def test_automatic_ones_may_be_of_any_kind() -> None:
    (seen,) = operations.unfinished(
        [operation(auto=True, phase="Running", spec={"kind": "create"})], members=()
    )
    assert (seen.automatic, seen.invalid) == (True, "")


def test_durations_are_those_of_what_succeeded() -> None:
    ago = timedelta(days=1)
    found = [
        finished("a", ago=ago, seconds=10),
        finished("b", ago=ago, seconds=30),
        finished("c", ago=ago, seconds=20),
        finished("d", ago=ago, seconds=900, phase="Failed"),
    ]
    assert operations.durations(found) == {Kind.SWITCHOVER: 20.0}


def test_the_oldest_finished_ones_go_when_there_are_too_many() -> None:
    found = [finished(str(days), ago=timedelta(days=days)) for days in (1, 3, 2)]
    found.append(operation("runs", phase="Running"))
    gone = operations.outdated(found, most=2, age=timedelta(days=9), now=NOW)
    assert [one["metadata"]["name"] for one in gone] == ["3"]


def test_those_that_are_too_old_go_however_few_they_are() -> None:
    found = [finished("old", ago=timedelta(days=20)), finished("new", ago=timedelta(days=1))]
    gone = operations.outdated(found, most=9, age=timedelta(days=14), now=NOW)
    assert [one["metadata"]["name"] for one in gone] == ["old"]
