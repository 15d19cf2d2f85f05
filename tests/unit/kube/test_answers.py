import json

import pytest

from activities.kube.answers import refusal
from workflows.model.errors import (
    Conflict,
    Forbidden,
    MatriarchError,
    NotFound,
    Precondition,
    Unavailable,
)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Precondition),
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFound),
        (408, Unavailable),
        (409, Conflict),
        (410, Unavailable),
        (422, Precondition),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
def test_each_refusal_is_one_of_our_errors(status: int, kind: type[MatriarchError]) -> None:
    assert type(refusal(status, b"{}", asked="get Pod a/b")) is kind


def test_the_servers_own_words_are_passed_on() -> None:
    body = json.dumps({"kind": "Status", "message": "spec.x: Invalid value"}).encode()
    error = refusal(422, body, asked="apply StatefulSet ns/c")
    assert str(error) == "apply StatefulSet ns/c: spec.x: Invalid value (422)"


def test_an_answer_that_is_not_json_is_quoted_and_cut() -> None:
    text = str(refusal(502, b"<html>" + b"x" * 5000, asked="get Pod a/b"))
    assert text.startswith("get Pod a/b: <html>xxx")
    assert len(text) < 1100
