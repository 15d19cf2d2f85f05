import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.devcluster import state
from tests.devcluster.layout import Layout, Refused
from tests.devcluster.state import Holder


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout("abc", tmp_path / "abc")


def test_what_is_saved_is_loaded(layout: Layout) -> None:
    known = replace(
        state.fresh(["a", "b"]), uplink=3, holder=Holder.of(os.getpid()), loaded=("x.tar",)
    )
    state.save(layout, known)
    assert state.load(layout) == known


def test_no_state_and_broken_state_are_no_state(layout: Layout) -> None:
    assert state.load(layout) is None
    layout.home.mkdir()
    layout.state.write_text('{"half')
    assert state.load(layout) is None


def test_a_living_process_is_told_from_a_later_one_with_its_number() -> None:
    holder = Holder.of(os.getpid())
    assert holder.alive
    assert not replace(holder, started="1").alive
    assert not replace(holder, boot="another").alive


def test_a_dead_process_is_dead_also_before_it_is_reaped() -> None:
    process = subprocess.Popen(["sleep", "1000"])
    holder = Holder.of(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not holder.alive
    process.wait()
    assert not holder.alive


def test_a_removed_nodes_place_is_taken_again() -> None:
    known = state.fresh(["a", "b", "c"]).without_node("b").with_node("d")
    assert [(node.name, node.index) for node in known.all_nodes] == [("a", 0), ("c", 2), ("d", 1)]


def test_the_first_node_cannot_be_removed() -> None:
    with pytest.raises(Refused, match="first node"):
        state.fresh().without_node("control-plane")


def test_an_unknown_node_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(Refused, match="no node x; there are a, b"):
        state.fresh(["a", "b"]).node("x")


def test_nodes_of_the_same_name_are_refused() -> None:
    with pytest.raises(Refused, match="same name"):
        state.fresh(["a", "a"])


def test_every_instance_of_the_cache_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    layouts = [Layout.of(name=name) for name in ("one", "two")]
    for layout in layouts:
        state.save(layout, state.fresh())
    found = {layout.identity for layout, _ in state.instances()}
    assert found == {layout.identity for layout in layouts}


def test_the_second_to_lock_is_refused_with_the_given_words(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    second = state.locked(file, busy="somebody is here")
    with state.locked(file), pytest.raises(Refused, match="somebody is here"):
        second.__enter__()
    third = state.locked(file, busy="still not free")
    third.__enter__()
    third.__exit__(None, None, None)
