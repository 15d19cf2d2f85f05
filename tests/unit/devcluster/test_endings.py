"""Which instances are cleared after; that clearing works is a scenario."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.devcluster import endings, state
from tests.devcluster.layout import Layout
from tests.devcluster.state import Holder, State


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """The identities that were ended, in a cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    seen: list[str] = []

    def end(layout: Layout, known: State) -> State:
        seen.append(layout.identity)
        return known

    monkeypatch.setattr(endings, "end", end)
    yield seen


def instance(name: str, **change: object) -> Layout:
    layout = Layout.of(name=name)
    state.save(layout, replace(state.fresh(), **change))  # type: ignore[arg-type]
    return layout


def sweep() -> list[str]:
    said: list[str] = []
    endings.sweep(Layout.of(name="mine"), say=said.append)
    return said


def dead() -> Holder:
    return replace(Holder.of(os.getpid()), started="0")


def test_a_dead_instance_is_cleared_after_and_remembered(ended: list[str]) -> None:
    other = instance("other", holder=dead())
    sweep()
    assert ended == [other.identity]
    assert other.state.exists()


def test_a_living_instance_is_left_alone(ended: list[str]) -> None:
    instance("other", holder=Holder.of(os.getpid()))
    assert sweep() == ended == []


def test_an_instance_that_was_ended_properly_is_left_alone(ended: list[str]) -> None:
    instance("other")
    assert sweep() == ended == []


def test_the_instance_of_a_deleted_checkout_is_ended_and_forgotten(
    ended: list[str], tmp_path: Path
) -> None:
    living = Holder.of(os.getpid())
    other = instance("other", holder=living, checkout=str(tmp_path / "gone"))
    assert "gone" in sweep()[0]
    assert ended == [other.identity]
    assert not other.home.exists()


def test_an_instance_on_which_another_command_works_is_left_alone(ended: list[str]) -> None:
    other = instance("other", holder=dead())
    with state.locked(other.lock):
        sweep()
    assert ended == []


def test_ones_own_instance_is_not_swept(ended: list[str]) -> None:
    instance("mine", holder=dead())
    assert sweep() == ended == []
