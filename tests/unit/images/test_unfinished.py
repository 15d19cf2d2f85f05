"""What was being filled when Patroni was killed is removed, what PostgreSQL has run from is not."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.field.platform import ROOT

SCRIPT = ROOT / "deploy" / "images" / "database" / "scripts" / "clear_unfinished.sh"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def start(data: Path) -> str:
    """As Patroni's service does; returns what it says."""
    programs = data.parent / "bin"
    programs.mkdir(exist_ok=True)
    python = programs / "python3"
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    done = subprocess.run(
        ["sh", str(SCRIPT), str(data), "postgres.yml"],
        env={"PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


COPIED = ("PG_VERSION", "backup_label", "global/pg_control")
INITIALISED = ("PG_VERSION", "global/pg_control")
GIVEN_BACK = "-m appliance.uninitialise postgres.yml"


def fill(data: Path, *names: str) -> None:
    (data / "global").mkdir(exist_ok=True)
    for name in names:
        (data / name).touch()


def test_a_copy_that_was_cut_short_is_removed(data: Path) -> None:
    assert start(data) == ""
    fill(data, *COPIED)
    told = start(data)
    assert "never finished" in told
    assert GIVEN_BACK not in told
    assert list(data.iterdir()) == []


def test_after_an_initdb_that_was_cut_short_another_one_may_begin(data: Path) -> None:
    start(data)
    fill(data, *INITIALISED)
    assert GIVEN_BACK in start(data)
    assert list(data.iterdir()) == []


def test_it_may_be_cut_short_again(data: Path) -> None:
    for _ in range(3):
        start(data)
        fill(data, *COPIED)
    start(data)
    assert list(data.iterdir()) == []


def test_a_database_that_has_run_stays_even_where_the_mark_was_forgotten(data: Path) -> None:
    start(data)
    fill(data, *INITIALISED, "postmaster.opts")
    assert start(data) == ""
    (data / "postmaster.opts").unlink()  # somebody puts a copy into place by hand
    assert start(data) == ""
    assert (data / "PG_VERSION").exists()


def test_a_folder_that_somebody_has_filled_stays(data: Path) -> None:
    fill(data, *COPIED)
    assert start(data) == ""
    assert (data / "global" / "pg_control").exists()
