"""What is found out about the machine and the image."""

from pathlib import Path

import pytest

from deploy.images.database.appliance import facts, filesystem
from deploy.images.database.appliance.environment import Layout, is_on, number, with_port


def limits(folder: Path, *texts: str) -> list[Path]:
    files = [folder / str(index) for index, _ in enumerate(texts)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return [*files, folder / "absent"]


def test_the_smaller_of_limit_and_machine_counts(tmp_path: Path) -> None:
    assert facts.memory_limit(1000, limits(tmp_path, "500\n")) == 500
    assert facts.memory_limit(1000, limits(tmp_path, "9223372036854771712\n")) == 1000


def test_no_limit_is_no_limit(tmp_path: Path) -> None:
    assert facts.memory_limit(1000, limits(tmp_path, "max\n")) == 1000


def test_only_majors_with_a_server_count(tmp_path: Path) -> None:
    for name in ("9", "17", "15", "common"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "postgres").touch()
    (tmp_path / "18" / "bin").mkdir(parents=True)
    assert facts.installed(tmp_path) == (9, 15, 17)


@pytest.mark.parametrize(("text", "major"), [("17\n", 17), ("9.6", 9), ("", None)])
def test_data_tells_its_major(tmp_path: Path, text: str, major: int | None) -> None:
    (tmp_path / "PG_VERSION").write_text(text)
    assert facts.major_of(tmp_path) == major


def test_no_data_has_no_major(tmp_path: Path) -> None:
    assert facts.major_of(tmp_path) is None


def test_the_layout_is_the_operators() -> None:
    layout = Layout.of({"PGROOT": "/home/postgres/pgdata/pgroot"})
    assert layout.data == Path("/home/postgres/pgdata/pgroot/pgdata")
    assert layout.logs == Path("/home/postgres/pgdata/pgroot/pg_log")
    assert layout.archive() == Path("/run/etc/wal-e.d/env")


@pytest.mark.parametrize(("text", "on"), [("true", True), ("1", True), ("", False), ("no", False)])
def test_switches_know_the_words_for_yes(text: str, on: bool) -> None:
    assert is_on({"X": text}, "X") is on


def test_a_number_that_is_none_is_the_default() -> None:
    assert (number({"X": "7"}, "X", 5), number({"X": "seven"}, "X", 5)) == (7, 5)


def test_addresses_get_ports() -> None:
    assert with_port("10.0.0.1", 5432) == "10.0.0.1:5432"
    assert with_port("fd00::1", 5432) == "[fd00::1]:5432"


def test_an_unknown_user_becomes_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text("root:x:0:0::/root:/bin/sh\npostgres:x:101:103::/home/postgres:/bin/sh\n")
    monkeypatch.setattr("os.geteuid", lambda: 123456)
    monkeypatch.setattr("os.getegid", lambda: 0)
    filesystem.name_running_user(passwd)
    assert passwd.read_text().splitlines()[1] == "postgres:x:123456:0::/home/postgres:/bin/sh"


def test_every_day_has_a_log_from_the_start(tmp_path: Path) -> None:
    filesystem.touch_logs(tmp_path, hourly=False)
    assert len(list(tmp_path.glob("postgresql-?.csv"))) == 8
    filesystem.touch_logs(tmp_path, hourly=True)
    assert len(list(tmp_path.glob("postgresql-?-??.csv"))) == 8 * 24


def test_secrets_are_written_for_their_reader_only(tmp_path: Path) -> None:
    filesystem.write_envdir(tmp_path / "env", {"KEY": "value"})
    file = tmp_path / "env" / "KEY"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("value", 0o600)
