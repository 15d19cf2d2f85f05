"""Literals of Go: exactly its words are accepted."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.model import golang


@pytest.mark.parametrize("text", ["1", "t", "T", "TRUE", "true", "True"])
def test_words_for_true(text: str) -> None:
    assert golang.boolean(text) is True


@pytest.mark.parametrize("text", ["0", "f", "F", "FALSE", "false", "False"])
def test_words_for_false(text: str) -> None:
    assert golang.boolean(text) is False


@pytest.mark.parametrize("text", ["", "yes", "on", "tRUE", " true", "2"])
def test_other_words_are_no_boolean(text: str) -> None:
    with pytest.raises(ValueError, match="true or false"):
        golang.boolean(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("10", 10),
        ("-3", -3),
        ("+3", 3),
        ("0x1f", 31),
        ("-0X1F", -31),
        ("017", 15),
        ("0o17", 15),
        ("0b101", 5),
        ("1_000", 1000),
        ("0x_ff", 255),
        ("00", 0),
    ],
)
def test_a_number_has_its_base_before_it(text: str, number: int) -> None:
    assert golang.integer(text) == number


@pytest.mark.parametrize(
    "text", ["", " 1", "1.0", "1e3", "08", "0x", "_1", "1__0", "--1", "\u0661"]
)
def test_other_words_are_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="a whole number"):
        golang.integer(text)


@given(st.integers())
def test_every_decimal_number_is_read(number: int) -> None:
    assert golang.integer(str(number)) == number


@given(st.integers(min_value=0))
def test_hexadecimal_and_octal_numbers_are_read(number: int) -> None:
    assert golang.integer(hex(number)) == golang.integer(oct(number)) == number


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0", timedelta()),
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("1.5h", timedelta(minutes=90)),
        (".5s", timedelta(milliseconds=500)),
        ("1.s", timedelta(seconds=1)),
        ("200ms", timedelta(milliseconds=200)),
        ("7us7µs", timedelta(microseconds=14)),
        ("1500ns", timedelta(microseconds=1)),
        ("-3s", timedelta(seconds=-3)),
        ("+3s", timedelta(seconds=3)),
        ("3s2h", timedelta(hours=2, seconds=3)),
    ],
)
def test_durations_are_terms_with_units(text: str, length: timedelta) -> None:
    assert golang.duration(text) == length


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "1d", "5M", ".s", "1h30", "--1s", "1e3s"])
def test_other_words_are_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="a duration such as"):
        golang.duration(text)


def test_a_duration_that_go_could_not_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="292 years"):
        golang.duration("99999999999999h")


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_written_durations_are_read_back(hours: int, minutes: int, seconds: int, ms: int) -> None:
    assert golang.duration(f"{hours}h{minutes}m{seconds}s{ms}ms") == timedelta(
        hours=hours, minutes=minutes, seconds=seconds, milliseconds=ms
    )
