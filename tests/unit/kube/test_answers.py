import json

import pytest

from activities.kube.answers import refusal
from workflows.model.errors import (
    Conflict,
    FieldError,
    Forbidden,
    InvalidObject,
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


def refused_fields(*causes: dict[str, str]) -> list[FieldError]:
    body = {"reason": "Invalid", "details": {"kind": "Service", "causes": list(causes)}}
    error = refusal(422, json.dumps(body).encode(), asked="apply Service a/b")
    assert isinstance(error, InvalidObject)
    return error.errors


@pytest.mark.parametrize(
    ("reason", "message", "value", "accepted"),
    [
        ("FieldValueInvalid", "Invalid value: 99: must be less than 9", 99, "less than 9"),
        ("FieldValueInvalid", 'Invalid value: "a: b": must be c', "a: b", "c"),
        (
            "FieldValueInvalid",
            'Invalid value: {"a":1}: no: never',
            {"a": 1},
            "what Kubernetes takes (no: never)",
        ),
        (
            "FieldValueNotSupported",
            'Unsupported value: "X": supported values: "A", "B"',
            "X",
            'what Kubernetes takes (supported values: "A", "B")',
        ),
        ("FieldValueRequired", "Required value: name is needed", None, "name is needed"),
        ("FieldValueRequired", "Required value", None, "a value"),
        (
            "FieldValueForbidden",
            "Forbidden: not now",
            "x",
            "what Kubernetes takes (Forbidden: not now)",
        ),
        (
            "FieldValueDuplicate",
            'Duplicate value: "a"',
            "a",
            'what Kubernetes takes (Duplicate value: "a")',
        ),
    ],
)
def test_the_fields_of_an_invalid_object_are_told_one_by_one(
    reason: str, message: str, value: object, accepted: str
) -> None:
    (error,) = refused_fields({"reason": reason, "field": "spec.x", "message": message})
    assert error == FieldError("Service spec.x", value, accepted)


def test_every_field_of_an_invalid_object_is_told() -> None:
    causes = [{"field": f"spec.{name}", "message": "Forbidden"} for name in "abc"]
    assert [error.path[-1] for error in refused_fields(*causes)] == ["a", "b", "c"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"details": 3}', b'{"details": {"causes": []}}'])
def test_an_invalid_request_without_fields_is_not_about_an_object(body: bytes) -> None:
    assert type(refusal(422, body, asked="patch x")) is Precondition


UNTYPED = (
    "failed to create typed patch object (ns/acid; apps/v1, Kind=StatefulSet): "
    '.spec.volumes[name="x"].emptyDirr: field not declared in schema'
)


def test_a_field_that_kubernetes_does_not_know_is_no_trouble_of_the_server() -> None:
    error = refusal(500, json.dumps({"message": UNTYPED}).encode(), asked="apply StatefulSet ns/c")
    assert isinstance(error, InvalidObject)
    assert error.errors == [
        FieldError(
            'StatefulSet spec.volumes[name="x"].emptyDirr',
            "emptyDirr",
            "what Kubernetes takes (field not declared in schema)",
        )
    ]


def test_several_unknown_fields_are_told_at_once() -> None:
    start, end = UNTYPED.split(": .", maxsplit=1)
    body = json.dumps({"message": f"{start}: errors:\n  .{end}\n  .spec.b: other"}).encode()
    error = refusal(500, body, asked="apply StatefulSet ns/c")
    assert isinstance(error, InvalidObject)
    assert [one.path for one in error.errors][1:] == ["StatefulSet spec.b"]
