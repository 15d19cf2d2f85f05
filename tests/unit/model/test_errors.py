"""How bad values are told to people."""

import pytest

from workflows.model.errors import LONGEST_VALUE, MOST_TOLD, FieldError, InvalidManifest


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (7, ": 7 is not accepted"),
        ("7", ': "7" is not accepted'),
        (True, ": true is not accepted"),
        ("", ': "" is not accepted'),
        (["a", 1], ': ["a", 1] is not accepted'),
        ({"user": "app", "password": "hush"}, ": {user, password} is not accepted"),
        (None, " is missing"),
    ],
)
def test_a_value_is_shown_as_it_is_written_in_a_manifest(value: object, said: str) -> None:
    assert str(FieldError("spec.x", value, "a y")) == f"spec.x{said}; expected a y"


def test_a_long_value_is_cut() -> None:
    shown = FieldError("spec.x", "v" * 1_000_000, "a y").shown
    assert len(shown) == LONGEST_VALUE + len("...")


def test_of_very_many_errors_the_first_are_told_and_the_rest_is_counted() -> None:
    many = [FieldError(f"spec.x[{n}]", n, "a y") for n in range(MOST_TOLD + 3)]
    error = InvalidManifest(many)
    assert len(error.errors) == MOST_TOLD + 3
    assert str(error).endswith("; and 3 more")
    assert f"spec.x[{MOST_TOLD - 1}]" in str(error)
    assert f"spec.x[{MOST_TOLD}]" not in str(error)


def test_a_remark_says_first_what_is_expected_and_then_what_follows() -> None:
    assert FieldError("spec.x", 7, "a y").remark == "spec.x: 7, where a y is expected"
    assert FieldError("spec.x", 7, "a y; it is left out").remark == (
        "spec.x: 7, where a y is expected; it is left out"
    )
