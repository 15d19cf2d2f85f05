"""Maintenance windows: when disruptive work may be done.

The text form is `01:00-06:00` for every day, `Sat:02:00-04:30` for one. As in Zalando's operator it
is narrower than the CRD's pattern: no spaces, minutes of two digits, and the end not before the
start, so a night takes two windows.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from workflows.model.fields import WINDOW_ACCEPTED

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"
_WINDOW = re.compile(rf"(?:({'|'.join(_DAYS)}):)?{_CLOCK}-{_CLOCK}", re.ASCII)


@dataclass(frozen=True)
class Window:
    """From the first second of minute `start` to the last second of minute `end`."""

    start: time
    end: time
    weekday: int | None = None
    """0 is Monday; None is every day."""

    @classmethod
    def parse(cls, text: str) -> "Window":
        """Raises ValueError with what would have been accepted."""
        matched = _WINDOW.fullmatch(text)
        if matched is None:
            raise ValueError(WINDOW_ACCEPTED)
        day, *clock = matched.groups()
        hour, minute, last_hour, last_minute = (int(number) for number in clock)
        start, end = time(hour, minute), time(last_hour, last_minute)
        if end < start:
            raise ValueError(f"{WINDOW_ACCEPTED}, which ends on the day it starts")
        return cls(start, end, _DAYS.index(day) if day else None)

    def __str__(self) -> str:
        day = "" if self.weekday is None else f"{_DAYS[self.weekday]}:"
        return f"{day}{self.start:%H:%M}-{self.end:%H:%M}"

    def contains(self, moment: datetime) -> bool:
        today = self.weekday is None or self.weekday == moment.weekday()
        return today and self.start <= time(moment.hour, moment.minute) <= self.end


def is_window(text: str) -> bool:
    """Whether `Window.parse` would read it."""
    try:
        Window.parse(text)
    except ValueError:
        return False
    return True


def next_opening(windows: Iterable[Window], moment: datetime) -> datetime | None:
    """When the next window opens, this very minute excluded; None when there are none."""
    days = [moment.date() + timedelta(days=number) for number in range(8)]
    openings = [
        datetime.combine(day, window.start, tzinfo=moment.tzinfo)
        for window in windows
        for day in days
        if window.weekday in (None, day.weekday())
    ]
    return min((one for one in openings if one > moment), default=None)


def is_open(windows: Iterable[Window], moment: datetime) -> bool:
    """No windows at all means: always."""
    chosen = list(windows)
    return not chosen or any(window.contains(moment) for window in chosen)
