"""Maintenance windows: reading them and being inside one."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.model.windows import Window, is_open, next_opening

# 2026-01-05 is a Monday
MONDAY, TUESDAY, SUNDAY = 5, 6, 11


def at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, second)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("01:00-06:00", "01:00-06:00"),
        ("Sat:2:05-04:03", "Sat:02:05-04:03"),
        ("Sun:00:00-23:59", "Sun:00:00-23:59"),
    ],
)
def test_a_window_is_read_and_written(text: str, written: str) -> None:
    assert str(Window.parse(text)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01:00",
        "1-2",
        "Xyz:01:00-02:00",
        "24:00-25:00",
        "1:00-2",
        " 01:00-02:00 ",
        "01:0-02:00",
        "03:00-02:00",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a window such as"):
        Window.parse(text)


@pytest.mark.parametrize(
    ("text", "moment", "inside"),
    [
        ("01:00-02:30", at(MONDAY, 1, 0), True),
        ("01:00-02:30", at(MONDAY, 2, 30, 59), True),
        ("01:00-02:30", at(MONDAY, 2, 31), False),
        ("01:00-02:30", at(MONDAY, 0, 59, 59), False),
        ("05:00-05:00", at(MONDAY, 5, 0, 30), True),
        ("Mon:01:00-02:00", at(MONDAY, 1, 30), True),
        ("Mon:01:00-02:00", at(TUESDAY, 1, 30), False),
        ("Sun:22:00-23:59", at(SUNDAY, 23, 0), True),
    ],
)
def test_a_window_has_both_its_ends(text: str, moment: datetime, inside: bool) -> None:
    assert Window.parse(text).contains(moment) is inside


def test_without_windows_it_is_always_time() -> None:
    assert is_open([], at(MONDAY, 12, 0))


def test_one_of_several_windows_is_enough() -> None:
    windows = [Window.parse("01:00-02:00"), Window.parse("Mon:12:00-13:00")]
    assert is_open(windows, at(MONDAY, 12, 30))
    assert not is_open(windows, at(TUESDAY, 12, 30))


MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@given(MINUTES, MINUTES, st.sampled_from([None, 0, 3, 6]))
def test_what_is_written_is_read_back(one: time, other: time, weekday: int | None) -> None:
    window = Window(min(one, other), max(one, other), weekday)
    assert Window.parse(str(window)) == window


MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC)
)
WINDOWS = st.builds(
    lambda day, first, last: Window.parse(f"{day}{min(first, last)}-{max(first, last)}"),
    st.sampled_from(["", "Mon:", "Sat:", "Sun:"]),
    st.sampled_from(["00:00", "01:30", "09:00"]),
    st.sampled_from(["09:00", "12:15", "23:59"]),
)


@given(windows=st.lists(WINDOWS, min_size=1, max_size=3), moment=MOMENTS)
def test_the_next_window_opens_after_now_and_none_opens_before_it(
    windows: list[Window], moment: datetime
) -> None:
    opening = next_opening(windows, moment)
    assert opening is not None
    assert moment < opening <= moment + timedelta(days=7)
    assert is_open(windows, opening)
    minutes = int((opening - moment).total_seconds() // 60)
    starts = {(one.start.hour, one.start.minute, one.weekday) for one in windows}
    for number in range(1, minutes):
        between = moment + timedelta(minutes=number)
        clock = between.hour, between.minute
        assert not {(*clock, None), (*clock, between.weekday())} & starts


def test_without_windows_none_opens() -> None:
    assert next_opening([], datetime(2026, 1, 1, tzinfo=UTC)) is None
