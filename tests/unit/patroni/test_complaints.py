"""Why a member does not get on, from the end of its log."""

from types import SimpleNamespace
from typing import cast

import pytest

from activities.patroni import complaints
from activities.patroni.complaints import SECONDS_BETWEEN, SECONDS_UNTIL_ASKED, Complaints
from activities.patroni.sight import Sight
from workflows.model.base import ClusterRef
from workflows.model.errors import Unavailable

FULL = 'could not write to file "pg_wal/xlogtemp.{}": No space left on device'


def line(process: str, severity: str, message: str, *, second: int = 0) -> str:
    """As a real server 17 has written it, who and message aside."""
    quoted = message.replace('"', '""')
    at = f"2026-11-27 04:27:{second:02}.515 UTC"
    return (
        f'{at},,,334,,6b0906c4.14e,1,,2026-11-27 04:27:48 UTC,,0,{severity},53100,"{quoted}",'
        f',,,,,,,,"","{process}",,0\n'
    )


def test_the_last_complaint_of_who_receives_or_replays_counts() -> None:
    log = (
        line("walreceiver", "FATAL", "could not connect to the primary server")
        + line("walreceiver", "LOG", "started streaming WAL from primary at 0/1F000000")
        + line("walreceiver", "FATAL", FULL.format(334))
        + line("startup", "LOG", "waiting for WAL to become available at 0/1F0000B8")
        + line("client backend", "ERROR", "duplicate key")
    )
    assert complaints.complaint(log) == FULL.format(334)


def test_one_who_receives_again_complains_of_nothing() -> None:
    log = line("walreceiver", "FATAL", FULL.format(1)) + line(
        "walreceiver", "LOG", "started streaming WAL"
    )
    assert complaints.complaint(log) == ""


def test_one_whose_wal_is_gone_is_told_the_way_out() -> None:
    gone = "could not receive data: requested WAL segment 0001 has already been removed"
    assert complaints.complaint(line("walreceiver", "FATAL", gone)) == (
        f"{gone}; it can't catch up: ask for a PostgresOperation of kind reinitialise"
    )


def test_a_line_that_is_cut_off_is_not_read_and_one_of_several_lines_is_one() -> None:
    cut = line("walreceiver", "FATAL", "half")[30:]
    assert complaints.complaint(cut) == ""
    told = "could not connect:\n\tIs the server running?"
    assert complaints.complaint(cut + line("walreceiver", "FATAL", told)) == (
        "could not connect: Is the server running?"
    )


@pytest.mark.parametrize("log", ["", "\n", "no csv at all", "2026-11-27 04:27:48.515 UTC,,"])
def test_anything_else_is_no_complaint(log: str) -> None:
    assert complaints.complaint(log) == ""


class Told:
    """A log that is read now and then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: str | None = None
        self.asked: list[tuple[str, str, str]] = []
        sight = SimpleNamespace(kube=self, ref=ClusterRef(namespace="shop", name="acid-test"))
        self.complaints = Complaints(cast(Sight, sight), clock=lambda: self.now)

    def after(self, seconds: float) -> str:
        self.now += seconds
        return self.complaints.of("acid-test-1")

    def exec(
        self, namespace: str, pod: str, container: str, command: list[str], *, seconds: float
    ) -> str:
        self.asked.append((namespace, pod, container))
        if self.log is None:
            raise Unavailable("nobody answers")
        return self.log


def test_it_is_asked_rarely_and_keeps_its_words() -> None:
    told = Told()
    told.log = line("walreceiver", "FATAL", FULL.format(1))
    assert (told.after(0), told.after(1), told.asked) == ("", "", [])
    assert told.after(SECONDS_UNTIL_ASKED) == FULL.format(1)
    assert told.asked == [("shop", "acid-test-1", "postgres")]
    told.log = line("walreceiver", "FATAL", FULL.format(2))
    assert (told.after(1), len(told.asked)) == (FULL.format(1), 1)
    assert (told.after(SECONDS_BETWEEN), len(told.asked)) == (FULL.format(1), 2)
    told.log = line("walreceiver", "FATAL", "the WAL is gone")
    assert told.after(SECONDS_BETWEEN) == "the WAL is gone"


def test_one_that_does_not_answer_is_asked_again_later() -> None:
    told = Told()
    told.after(0)
    assert told.after(SECONDS_UNTIL_ASKED) == ""
    told.log = line("startup", "FATAL", "no recovery")
    assert told.after(SECONDS_BETWEEN) == "no recovery"
