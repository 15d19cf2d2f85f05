"""Runs a crontab's jobs as the current user.

Debian's cron needs root and may not be refused new privileges; a pod often has neither, and one
user's jobs need no more than this. Fields, names, steps, `@daily` and its kin, variables and the
rule for day of month against day of week are those of crontab(5).
"""

import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

log = logging.getLogger("cron")
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NAMES: tuple[dict[str, int], ...] = (
    *({}, {}, {}),
    {month: number for number, month in enumerate(MONTHS, start=1)},
    {day: number for number, day in enumerate(DAYS)},
)
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
VARIABLE = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*(.*)$")
ITEM = re.compile(r"^(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?$")


class BadLine(ValueError):
    """A crontab line that says no time."""


@dataclass(frozen=True)
class Job:
    """A command and the minutes, hours, days, months and weekdays it runs at."""

    command: str
    fields: tuple[frozenset[int], ...]
    any_day: bool
    any_weekday: bool
    environment: dict[str, str] = field(default_factory=dict)

    def due(self, moment: datetime) -> bool:
        minutes, hours, days, months, weekdays = self.fields
        if moment.minute not in minutes or moment.hour not in hours or moment.month not in months:
            return False
        day = moment.day in days
        weekday = moment.isoweekday() % 7 in weekdays
        # Given both, either will do; a star gives no day at all.
        return day and weekday if self.any_day or self.any_weekday else day or weekday


def parse(lines: Iterable[str]) -> Iterator[Job]:
    """The jobs of a crontab; a line that cannot be read is logged and passed over."""
    environment: dict[str, str] = {}
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if match := VARIABLE.match(line):
            environment[match[1]] = match[2].strip().strip("\"'")
            continue
        try:
            yield parse_line(line, environment=environment)
        except BadLine as error:
            log.error("crontab line left out, %s: %s", error, line)


def parse_line(line: str, *, environment: dict[str, str]) -> Job:
    """One job; raises `BadLine`."""
    first, _, rest = line.strip().partition(" ")
    if first in NICKNAMES:
        line = f"{NICKNAMES[first]} {rest}"
    words = line.split(None, 5)
    if len(words) < 6:
        raise BadLine("five fields and a command are needed")
    fields = tuple(parse_field(word, position=number) for number, word in enumerate(words[:5]))
    days = fields[4]
    weekdays = days | {0} if 7 in days else days
    return Job(
        command=words[5],
        fields=(*fields[:4], weekdays),
        any_day=words[2].startswith("*"),
        any_weekday=words[4].startswith("*"),
        environment=dict(environment),
    )


def parse_field(word: str, *, position: int) -> frozenset[int]:
    """The numbers that a field such as `*/15`, `1-5` or `mon,fri` stands for."""
    low, high = BOUNDS[position]
    found: set[int] = set()
    for item in word.lower().split(","):
        match = ITEM.match(item)
        if not match:
            raise BadLine(f"{word!r} is no field")
        first, last, step = match.groups()
        start = low if first is None else _number(first, position=position)
        end = high if first is None or (step and not last) else start
        end = _number(last, position=position) if last else end
        if not low <= start <= end <= high or step == "0":
            raise BadLine(f"{word!r} is out of range")
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)


def _number(word: str, *, position: int) -> int:
    if word in NAMES[position]:
        return NAMES[position][word]
    if not word.isdigit():
        raise BadLine(f"{word!r} is no number")
    return int(word)


def run(crontab: Path) -> None:
    """Start due jobs at every full minute, for ever."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        following = datetime.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
        time.sleep(max(0.0, (following - datetime.now()).total_seconds()))
        for job in parse(crontab.read_text().splitlines()):
            if job.due(following):
                start(job)


def start(job: Job) -> None:
    """Start a job and leave it alone; its output goes to the container's log."""
    log.debug("starting %s", job.command)
    subprocess.Popen(
        ["/bin/sh", "-c", job.command],
        env={**os.environ, **job.environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s: %(message)s", level="INFO")
    run(Path(sys.argv[1]))
