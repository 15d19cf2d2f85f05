from datetime import date

import pytest

from workflows.model.protection import Protection

TODAY = date(2026, 3, 9)
BOTH = Protection(date_key="delete-date", name_key="delete-clustername")


def refusal(protection: Protection, annotations: dict[str, str] | None) -> str:
    return protection.refusal(name="shop", annotations=annotations, today=TODAY)


def test_nothing_is_required_without_keys() -> None:
    assert refusal(Protection(), None) == ""


def test_both_annotations_allow_the_deletion() -> None:
    annotations = {"delete-date": "2026-03-09", "delete-clustername": "shop"}
    assert refusal(BOTH, annotations) == ""


@pytest.mark.parametrize(
    ("annotations", "named"),
    [
        ({}, ["delete-date", "delete-clustername"]),
        ({"delete-date": "2026-03-09"}, ["delete-clustername"]),
        ({"delete-date": "2026-03-08", "delete-clustername": "shop"}, ["'2026-03-08'"]),
        ({"delete-date": "2026-03-09", "delete-clustername": "blog"}, ["'blog'"]),
    ],
    ids=["none", "no name", "yesterday", "another name"],
)
def test_what_is_wrong_is_said(annotations: dict[str, str], named: list[str]) -> None:
    text = refusal(BOTH, annotations)
    assert [word for word in named if word not in text] == []


def test_one_key_alone_is_judged_alone() -> None:
    assert refusal(Protection(name_key="n"), {"n": "shop"}) == ""
    assert refusal(Protection(date_key="d"), {"n": "shop"}) != ""


def test_a_deletion_that_nobody_saw_is_refused() -> None:
    assert "unseen" in refusal(BOTH, None)


def test_owner_references_switch_the_check_off() -> None:
    assert refusal(Protection(date_key="d", name_key="n", enabled=False), None) == ""
