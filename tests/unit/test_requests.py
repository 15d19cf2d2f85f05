"""What a person's request becomes when its time has come."""

import pytest

from tests.unit.test_plan import plan, running
from workflows.model.kinds import Kind
from workflows.model.members import MemberSeen
from workflows.model.postgresoperation import Phase
from workflows.model.record import OperationSeen

CREATED = "2025-12-31T18:00:00Z"


@pytest.mark.parametrize("kind", [Kind.RESTART, Kind.ROLLING_UPDATE])
@pytest.mark.parametrize(
    ("at", "since"),
    [
        ("", CREATED),
        ("2025-12-31T23:30:00Z", "2025-12-31T23:30:00Z"),
        ("2025-12-31T23:30:00+02:00", "2025-12-31T23:30:00+02:00"),
        ("2025-12-31T19:30:00+02:00", CREATED),
        ("2025-12-31T02:00:00Z", CREATED),
    ],
)
def test_what_was_done_before_the_time_of_a_request_does_not_count(
    kind: Kind, at: str, since: str
) -> None:
    asked = OperationSeen(name="mine", uid="m", created=CREATED, kind=kind, at=at)
    order = plan(running(operations=[asked])).order
    assert order is not None
    assert order.asked_at == since


def test_a_plan_is_shown_anew_when_somebody_else_leads_before_its_time() -> None:
    asked = OperationSeen(
        name="mine",
        uid="m",
        created=CREATED,
        kind=Kind.SWITCHOVER,
        at="2026-01-02T02:00:00Z",
        phase=Phase.WAITING,
        waiting_for="its time, 2026-01-02T02:00:00Z",
    )
    leads = MemberSeen(name="acid-orders-0", role="leader", state="running")
    for leader, told in (("acid-orders-0", 0), ("acid-orders-1", 1)):
        waiting = asked.model_copy(update={"leader": leader})
        records = plan(running(edition=1, operations=[waiting], members=[leads])).records
        assert len(records) == told
