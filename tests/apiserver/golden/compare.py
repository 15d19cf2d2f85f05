"""Differences between two captures, object by object."""

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = "<absent>"
ANYTHING: Any = object()
_PER_STAGE = ("recreated", "patroni", "database", "timedOut", "operatorExited")


@dataclass(frozen=True)
class Difference:
    """One differing path: what the golden capture says, and what ours does."""

    stage: str
    object: str
    path: str
    golden: Any
    ours: Any

    def __str__(self) -> str:
        if self.path == "(object)":
            said = "extra" if self.golden is ABSENT else "missing"
        else:
            said = f"{self.path}: {_short(self.golden)} != {_short(self.ours)}"
        return f"{self.stage}  {self.object}  {said}"


@dataclass(frozen=True)
class Accepted:
    """A difference that is wanted; shell patterns."""

    case: str
    stage: str
    object: str
    path: str
    why: str
    ours: Any = ANYTHING
    """What ours has to be there, if that matters."""

    def covers(self, case: str, difference: Difference) -> bool:
        if self.ours is not ANYTHING and self.ours != difference.ours:
            return False
        return all(
            fnmatch.fnmatchcase(value, pattern)
            for value, pattern in (
                (case, self.case),
                (difference.stage, self.stage),
                (difference.object, self.object),
                (difference.path, self.path),
            )
        )


def compare(golden: dict[str, Any], ours: dict[str, Any]) -> Iterator[Difference]:
    """Stages hold changes only, so they are added up first.

    A difference that was there in the stage before, unchanged, is not told again.
    """
    expected, found = _states(golden), _states(ours)
    stages = [[stage for stage, _ in states] for states in (expected, found)]
    if stages[0] != stages[1]:
        yield Difference("*", "(stages)", "", stages[0], stages[1])
    known: dict[tuple[str, str], tuple[Any, Any]] = {}
    for (stage, want), (_, have) in zip(expected, found, strict=False):
        now: dict[tuple[str, str], tuple[Any, Any]] = {}
        for key in sorted(want.keys() | have.keys()):
            for path, a, b in _of_object(want, have, key):
                now[key, path] = (a, b)
                if known.get((key, path)) != (a, b) or key.startswith("("):
                    yield Difference(stage, key, path, a, b)
        known = now


def unaccepted(
    case: str, differences: Iterator[Difference], accepted: Sequence[Accepted]
) -> list[Difference]:
    return [d for d in differences if not any(rule.covers(case, d) for rule in accepted)]


def _states(capture: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Per stage all objects as they stood then, and under names in parentheses what happened."""
    objects: dict[str, Any] = {}
    states = []
    for stage in capture["stages"]:
        removed = stage.get("removed", [])
        objects = {key: value for key, value in objects.items() if key not in removed}
        objects |= stage.get("objects", {})
        happened = {f"({field})": stage.get(field) for field in _PER_STAGE}
        events = {f"{event['type']} {event['reason']}": True for event in stage.get("events", [])}
        refused = {f"{each['kind']}/{each['name']}": True for each in stage.get("rejected", [])}
        states.append(
            (stage["stage"], {**objects, **happened, "(events)": events, "(rejected)": refused})
        )
    return states


def _of_object(
    want: dict[str, Any], have: dict[str, Any], key: str
) -> Iterator[tuple[str, Any, Any]]:
    if key not in have or key not in want:
        yield (
            "(object)",
            "present" if key in want else ABSENT,
            "present" if key in have else ABSENT,
        )
    else:
        yield from differences(want[key], have[key])


def differences(a: Any, b: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Paths with the values on both sides; items of lists are matched by their name."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted(a.keys() | b.keys(), key=str):
            below = f"{path}.{key}" if path else str(key)
            yield from differences(a.get(key, ABSENT), b.get(key, ABSENT), below)
    elif isinstance(a, list) and isinstance(b, list) and _names(a) and _names(b):
        yield from _named(a, b, path)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from differences(x, y, f"{path}[{index}]")
    elif a != b:
        yield path, a, b


def _named(a: list[Any], b: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    left = dict(zip(_names(a), a, strict=True))
    right = dict(zip(_names(b), b, strict=True))
    for key in [*left, *(key for key in right if key not in left)]:
        yield from differences(left.get(key, ABSENT), right.get(key, ABSENT), f"{path}[{key}]")
    if left.keys() == right.keys() and list(left) != list(right):
        yield f"{path}[] (order)", list(left), list(right)


def _names(items: list[Any]) -> list[str]:
    """Distinct names of a list's items, or none at all."""
    for field in ("name", "mountPath", "containerPort"):
        if all(isinstance(item, dict) and field in item for item in items):
            found = [str(item[field]) for item in items]
            if len(set(found)) == len(found):
                return found
    return []


def _short(value: Any, width: int = 160) -> str:
    text = str(value) if value is ABSENT else repr(value)
    return text if len(text) <= width else f"{text[:width]}..."
