"""Which cells of the crash matrix are run, and how the page tells what came of them."""

from tests.field.faults import FAULTS
from tests.field.following import Step
from tests.scenarios.matrix import choice, page, record
from tests.scenarios.matrix.cases import CASES
from tests.scenarios.matrix.cells import Cell, Result

CASE = CASES[0]
STEPS = [Step("create", f"step {number}") for number in range(10)]


def test_each_step_is_struck_once_and_each_fault_comes_up() -> None:
    cells = choice.dealt(CASE, STEPS, number=5)
    assert [cell.step for cell in cells] == STEPS
    assert {cell.fault for cell in cells} == {*FAULTS}


def test_in_as_many_commits_as_there_are_faults_each_step_meets_each_of_them() -> None:
    numbers = range(len(FAULTS))
    met = {cell for number in numbers for cell in choice.dealt(CASE, STEPS, number=number)}
    assert met == {*choice.every(CASE, STEPS)}


def test_the_same_commit_has_the_same_sample() -> None:
    first, second = (choice.some(CASE, STEPS, number=7, count=3) for _ in range(2))
    assert first == second
    assert len(set(first)) == 3


def test_the_page_counts_what_was_hit_and_names_what_is_red() -> None:
    green, red, missed, empty = choice.every(CASE, STEPS)[:4]
    results = [
        Result(green, hit=True, seconds=1, written=20),
        Result(red, hit=True, seconds=1, troubles=["3 acknowledged rows are lost"]),
        Result(missed, hit=False, seconds=1),
        Result(empty, hit=False, seconds=1, nobody=True),
    ]
    seen = record.merged([], results, commit="1", day="2026-01-31")
    told = page.render(seen, day="2026-01-31", versions="commit 1")
    assert "2 cells were hit, 1 green, 1 red. 20 acknowledged rows" in told
    assert "In 1\nmore cells nobody was there" in told
    assert record.green(seen) == {record.key(green), record.key(empty)}
    assert f"- {red}: 3 acknowledged rows are lost" in told
    assert f"| {CASE.name} | 1 | **0 of 1** | - |" in told


def test_a_red_cell_stays_until_it_is_run_again_and_others_stay_known() -> None:
    first, second = choice.every(CASE, STEPS)[:2]
    bad, good = Result(first, hit=True, seconds=1, troubles=["x"]), Result(second, True, 1)
    before = record.merged([], [bad, good], commit="1", day="2026-01-31")
    after = record.merged(before, [Result(first, False, 1)], commit="2", day="2026-02-01")
    assert after == before
    assert record.green(after) == {record.key(second)}
    healed = record.merged(after, [Result(first, True, 1)], commit="2", day="2026-02-01")
    assert record.green(healed) == {record.key(first), record.key(second)}
    commits = {one.cell: one.commit for one in healed}
    assert commits == {record.key(first): "2", record.key(second): "1"}


def test_a_cell_says_operation_step_and_fault() -> None:
    cell = Cell(CASE, STEPS[0], "primary killed")
    assert str(cell) == "create | create: step 0 | primary killed"


def test_what_other_checkouts_have_seen_is_added_and_what_they_have_not_run_stays() -> None:
    first, second, third = (Result(cell, True, 1) for cell in choice.every(CASE, STEPS)[:3])
    bad = Result(first.cell, True, 1, troubles=["x"])
    known = record.merged([], [bad, second], commit="1", day="2026-01-31")
    here, there = (
        record.merged(known, [result], commit="2", day="2026-02-01") for result in (first, third)
    )
    together = record.gathered(known, [(known, here)])
    together = record.gathered(together, [(known, there)])  # it still knows the first one as red
    commits = {one.cell: (one.commit, one.trouble) for one in together}
    assert commits == {
        record.key(first.cell): ("2", ""),
        record.key(second.cell): ("1", ""),
        record.key(third.cell): ("2", ""),
    }
