"""The jobs of a crontab."""

from datetime import datetime

import pytest

from deploy.images.database.appliance import schedule

MONDAY = datetime(2024, 1, 15, 6, 30)


def job(line: str) -> schedule.Job:
    return schedule.parse_line(line, environment={})


@pytest.mark.parametrize(
    ("line", "moment", "due"),
    [
        ("* * * * * x", MONDAY, True),
        ("30 6 * * * x", MONDAY, True),
        ("31 6 * * * x", MONDAY, False),
        ("*/15 * * * * x", MONDAY, True),
        ("*/20 * * * * x", MONDAY, False),
        ("0-40/10 6,7 * * * x", MONDAY, True),
        ("30 6 * jan mon x", MONDAY, True),
        ("30 6 * * 1-5 x", MONDAY, True),
        ("30 6 * * sun x", MONDAY, False),
        ("30 6 * * 7 x", datetime(2024, 1, 14, 6, 30), True),
        ("5/25 * * * * x", MONDAY, True),
        ("@hourly x", MONDAY, False),
        ("@daily x", datetime(2024, 1, 15, 0, 0), True),
    ],
)
def test_a_line_is_due_when_all_its_fields_fit(line: str, moment: datetime, due: bool) -> None:
    assert job(line).due(moment) is due


def test_either_day_will_do_when_both_are_given() -> None:
    line = job("30 6 1 * mon x")
    assert line.due(MONDAY)
    assert line.due(datetime(2024, 2, 1, 6, 30))
    assert not line.due(datetime(2024, 1, 16, 6, 30))


@pytest.mark.parametrize(
    "line", ["* * * * x", "60 * * * * x", "5-1 * * * * x", "*/0 * * * * x", "a * * * * x", "@x y"]
)
def test_a_line_that_says_no_time_is_refused(line: str) -> None:
    with pytest.raises(schedule.BadLine):
        job(line)


def test_a_bad_line_does_not_take_the_others_down(caplog: pytest.LogCaptureFixture) -> None:
    jobs = list(schedule.parse(["# comment", "", "nonsense", "* * * * * good %s"]))
    assert [found.command for found in jobs] == ["good %s"]
    assert "nonsense" in caplog.text


def test_variables_hold_for_the_lines_below_them() -> None:
    first, second = schedule.parse(["* * * * * a", 'PATH = "/x"', "* * * * * b"])
    assert (first.environment, second.environment) == ({}, {"PATH": "/x"})
