"""What a status says of bad input."""

from tests.unit.test_plan import running as seen
from workflows.model.observation import BadField, Observation
from workflows.model.status import Condition, Word, digest
from workflows.report import MOST_EVENTS, invalid, settled

BAD = BadField(path="spec.teamId", value="7", accepted="a text")


def valid_condition(report_of: Observation) -> Condition:
    report = invalid(report_of) if report_of.invalid else settled(report_of, failure=None)
    (condition,) = [one for one in report.conditions or [] if one.type == "Valid"]
    return condition


def test_an_invalid_edit_of_a_running_cluster_is_a_failed_update() -> None:
    report = invalid(seen(invalid=[BAD]))
    assert report.word is Word.UPDATE_FAILED
    assert [(note.reason, note.warning) for note in report.events] == [("Update", True)]
    assert "spec.teamId: 7 is not accepted; expected a text" in report.events[0].message


def test_an_invalid_new_resource_is_a_failed_create() -> None:
    report = invalid(seen(invalid=[BAD], stateful_set=False))
    assert report.word is Word.CREATE_FAILED
    assert report.events[0].reason == "Create"


def test_a_name_against_the_teams_rules_has_its_own_word() -> None:
    assert invalid(seen(invalid=[BAD], misnamed=True)).word is Word.INVALID


def test_the_condition_names_every_field_and_events_only_some_of_very_many() -> None:
    many = [BadField(path=f"spec.env[{n}]", value="1", accepted="a map") for n in range(40)]
    report = invalid(seen(invalid=many))
    assert len(report.events) == MOST_EVENTS
    message = valid_condition(seen(invalid=many)).message
    assert all(bad.path in message for bad in many)


def test_a_missing_value_is_called_missing() -> None:
    missing = BadField(path="spec.volume", value="", accepted="a map")
    assert str(missing) == "spec.volume is missing; expected a map"


def test_what_has_no_effect_is_told_without_calling_the_manifest_bad() -> None:
    remarks = ["spec.tls.caSecretName: has no effect"]
    condition = valid_condition(seen(unknown_fields=["spec.colour"], without_effect=remarks))
    assert (condition.status, condition.reason) == ("True", "UnknownFields")
    assert condition.message == (
        "no such field, ignored: spec.colour; spec.tls.caSecretName: has no effect"
    )
    assert valid_condition(seen(without_effect=remarks)).reason == "WithoutEffect"
    assert valid_condition(seen()).reason == "Accepted"


def test_the_next_window_is_told_and_is_gone_with_the_last_window() -> None:
    opens = "2026-01-02T01:00:00Z"
    told = settled(seen(next_window=opens), failure=None)
    assert told.status["nextWindow"] == opens
    without = settled(seen(), failure=None)
    assert without.status["nextWindow"] is None  # a merge patch takes it off
    assert told.digest != without.digest
    assert without.digest == digest({**without.status, "nextWindow": ""})
