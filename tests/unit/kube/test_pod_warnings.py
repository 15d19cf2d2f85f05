"""Why a pod does not start, where its status is silent."""

from collections.abc import Mapping
from typing import Any, cast

from activities.kube.client import Kube
from activities.kube.pod_warnings import PodWarnings
from workflows.model.errors import Forbidden

Object = dict[str, Any]


class Events:
    """The API server, as far as it is asked here."""

    def __init__(self, *events: Object, forbidden: bool = False) -> None:
        self.events, self.forbidden = list(events), forbidden
        self.asked: list[Mapping[str, str]] = []

    def list(
        self, kind: str, namespace: str, labels: object, *, fields: Mapping[str, str]
    ) -> list[Object]:
        self.asked.append(fields)
        if self.forbidden:
            raise Forbidden("list Event")
        return self.events


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def event(reason: str, *, at: int) -> Object:
    return {"reason": reason, "message": "volume is busy", "lastTimestamp": f"2026-01-01T00:{at}Z"}


def pod(uid: str = "p1") -> Object:
    return {"metadata": {"name": "c-0", "namespace": "ns", "uid": uid}}


def after(warnings: PodWarnings, clock: Clock, seconds: float, uid: str = "p1") -> str:
    clock.now += seconds
    return warnings.about(pod(uid))


def test_the_newest_warning_is_told_when_a_start_takes_long() -> None:
    clock = Clock()
    events = Events(event("FailedAttachVolume", at=20), event("FailedMount", at=30))
    warnings = PodWarnings(cast(Kube, events), clock=clock)
    assert [after(warnings, clock, seconds) for seconds in (0, 10, 6)] == [
        "",
        "",
        "FailedMount: volume is busy",
    ]
    assert events.asked == [{"involvedObject.uid": "p1", "type": "Warning"}]


def test_events_are_asked_for_seldom_and_anew_for_another_pod() -> None:
    clock, events = Clock(), Events(event("FailedMount", at=30))
    warnings = PodWarnings(cast(Kube, events), clock=clock)
    for _ in range(40):
        after(warnings, clock, 1)
    assert len(events.asked) == 3
    assert after(warnings, clock, 1, uid="p2") == ""


def test_without_the_right_to_read_events_nothing_is_told() -> None:
    clock = Clock()
    warnings = PodWarnings(cast(Kube, Events(forbidden=True)), clock=clock)
    assert [after(warnings, clock, 20) for _ in range(2)] == ["", ""]
