from typing import Any

from activities.cluster import status

OLD, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
WORD = {"PostgresClusterStatus": "Running"}


def ready(value: str, *, since: str | None = None, message: str = "") -> dict[str, Any]:
    condition = {"type": "Ready", "status": value, "reason": "R", "message": message}
    return condition | ({"lastTransitionTime": since} if since else {})


def test_equal_content_is_no_change() -> None:
    present = {**WORD, "conditions": [ready("True", since=OLD)], "other": 1}
    wanted = {**WORD, "conditions": [ready("True")]}
    assert status.change(wanted, present, now=NOW) is None


def test_a_new_status_of_a_condition_moves_its_time() -> None:
    present = {**WORD, "conditions": [ready("False", since=OLD)]}
    change = status.change({"conditions": [ready("True")]}, present, now=NOW)
    assert change == {"conditions": [ready("True", since=NOW)]}


def test_a_new_message_of_a_condition_does_not_move_its_time() -> None:
    present = {**WORD, "conditions": [ready("False", since=OLD)]}
    change = status.change({"conditions": [ready("False", message="m")]}, present, now=NOW)
    assert change == {"conditions": [ready("False", since=OLD, message="m")]}


def test_a_condition_that_is_not_named_any_more_goes() -> None:
    present = {**WORD, "conditions": [ready("True", since=OLD), {"type": "Roles"}]}
    change = status.change({"conditions": [ready("True")]}, present, now=NOW)
    assert change == {"conditions": [ready("True", since=OLD)]}


def test_what_is_unset_is_removed_and_only_once() -> None:
    wanted = {"operation": {"kind": "create", "waitingFor": None}}
    present = {**WORD, "operation": {"kind": "create", "waitingFor": "x"}}
    assert status.change(wanted, present, now=NOW) == wanted
    assert status.change(wanted, {**WORD, "operation": {"kind": "create"}}, now=NOW) is None


def test_the_word_that_the_schema_wants_is_never_missing() -> None:
    assert status.change({"membersReady": "0/2"}, {}, now=NOW) == {
        "membersReady": "0/2",
        "PostgresClusterStatus": "",
    }


def test_nulls_are_left_out_of_what_is_stored() -> None:
    assert status.without_nulls({"a": 1, "b": None}) == {"a": 1}
    assert status.without_nulls(["x"]) == ["x"]
