"""Two texts of a parameter that mean the same to Postgres cause no change."""

import pytest

from activities.patroni.meaning import flag, number, same


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("work_mem", "1GB", "1024MB"),
        ("work_mem", "1 GB", "1048576kB"),
        ("max_wal_size", "0.5GB", "512MB"),
        ("archive_timeout", "1800s", "30min"),
        ("statement_timeout", "1h", "3600000ms"),
        ("checkpoint_timeout", "1d", "24h"),
        ("max_connections", "100", 100),
        ("checkpoint_completion_target", "0.90", 0.9),
        ("autovacuum_vacuum_cost_delay", "2e0", "2"),
        ("wal_log_hints", "on", True),
        ("wal_log_hints", "TRUE", "yes"),
        ("wal_compression", "off", "0"),
        ("log_line_prefix", "%t ", "%t "),
    ],
)
def test_the_same_in_other_words(name: str, one: object, other: object) -> None:
    assert same(name, one, other)
    assert same(name, other, one)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("work_mem", "1GB", "1000MB"),
        ("work_mem", "4096", "4096kB"),
        ("work_mem", "64mb", "64MB"),
        ("archive_timeout", "1min", "1ms"),
        ("max_connections", "100", "200"),
        ("wal_log_hints", "on", "off"),
        ("log_line_prefix", "%t ", "%t"),
        ("myapp.shape", "on", "true"),
        ("myapp.size", "1GB", "1024MB"),
        ("search_path", "public", "Public"),
        ("application_name", ".", "..."),
    ],
)
def test_another_meaning_or_none_that_is_known(name: str, one: object, other: object) -> None:
    assert not same(name, one, other)
    assert not same(name, other, one)


@pytest.mark.parametrize(
    ("value", "meant"),
    [(True, True), ("on", True), (None, False), ("false", False), ("quorum", None), (2, None)],
)
def test_a_switch_is_read_as_patroni_does(value: object, meant: bool | None) -> None:
    assert flag(value) is meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [(30, 30), ("30", 30), (30.0, 30), (30.5, None), ("x", None), (None, None), ("nan", None)],
)
def test_a_number_is_read_however_it_was_written(value: object, meant: int | None) -> None:
    assert number(value) == meant
