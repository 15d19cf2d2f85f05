from activities.kube import events
from workflows.model.base import ClusterRef
from workflows.model.report import EventNote

REF = ClusterRef(namespace="ns", name="acid-c")
NOTE = EventNote(reason="Create", message="it begins")


def name(note: EventNote, *, uid: str = "u1") -> str:
    return str(events.build(note, on=events.cluster(REF, uid=uid), now="t")["metadata"]["name"])


def test_the_same_note_has_the_same_name() -> None:
    assert name(NOTE) == name(NOTE)
    assert name(NOTE).startswith("acid-c.")


def test_other_notes_have_other_names() -> None:
    others = {
        name(NOTE),
        name(NOTE, uid="u2"),
        name(NOTE.model_copy(update={"message": "otherwise"})),
        name(NOTE.model_copy(update={"reason": "Sync"})),
        name(NOTE.model_copy(update={"warning": True})),
    }
    assert len(others) == 5


def test_a_warning_is_a_warning_and_not_too_long() -> None:
    note = EventNote(reason="Sync", message="x" * 5000, warning=True)
    event = events.build(note, on=events.cluster(REF, uid="u1"), now="t")
    assert (event["type"], len(event["message"])) == ("Warning", 1000)
