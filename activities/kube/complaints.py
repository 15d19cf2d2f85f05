"""What the API server finds wrong with an object, field by field, out of its answer."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from workflows.model.errors import FieldError

# `Invalid value: "x": must be y`, where the value may hold anything if it is quoted
_CAUSE: Final = re.compile(
    r'(?:[A-Z][a-z]+ value|Too long|Too many)(?:: ("(?:[^"\\]|\\.)*"|\{.*\}|\[.*\]|[^:]*))?'
    r"(?:: (.+))?",
    re.DOTALL,
)
# server-side apply says so with status 500, before anything is validated
_UNTYPED: Final = re.compile(
    r"failed to create typed patch object \([^)]*Kind=(\w+)\):(?: errors:)?(.+)", re.DOTALL
)
# none at all, and a condition that we set ourselves
_NO_INPUT: Final = (None, "", "metadata.uid")
_UNTYPED_FIELD: Final = re.compile(r"\s*\.(.+?): (.+)")


def bad_fields(body: bytes) -> list[FieldError]:
    """Each with its kind of object before its path; none when the answer is not about fields."""
    try:
        answer = json.loads(body)
    except ValueError:
        return []
    if not isinstance(answer, dict):
        return []
    return _untyped(str(answer.get("message") or "")) or _causes(answer.get("details"))


def _untyped(message: str) -> list[FieldError]:
    matched = _UNTYPED.search(message)
    if matched is None:
        return []
    kind, said = matched.groups()
    lines = [_UNTYPED_FIELD.fullmatch(line) for line in said.splitlines()]
    return [_unsuitable(f"{kind} {line[1]}", line[2]) for line in lines if line]


def _causes(details: Any) -> list[FieldError]:
    if not isinstance(details, dict):
        return []
    kind = details.get("kind", "")
    causes = [cause for cause in details.get("causes") or [] if isinstance(cause, dict)]
    return [_caused(cause, kind) for cause in causes if cause.get("field") not in _NO_INPUT]


def _caused(cause: Mapping[str, Any], kind: str) -> FieldError:
    path = f"{kind} {cause['field']}".strip()
    message = str(cause.get("message") or cause.get("reason") or "")
    matched = _CAUSE.fullmatch(message)
    if matched is None:
        return _unsuitable(path, message)
    value, accepted = matched.groups()
    if cause.get("reason") == "FieldValueRequired":
        return FieldError(path, None, accepted or value or "a value")
    return FieldError(path, _plain(value or ""), _accepted(accepted or message))


def _unsuitable(path: str, message: str) -> FieldError:
    """A complaint that names no value: the field itself is what should not be there."""
    field = re.split(r"[.\]]", path.rstrip("]"))[-1]
    return FieldError(path, field, _accepted(message))


def _accepted(message: str) -> str:
    if message.startswith("must be "):
        return message.removeprefix("must be ")
    return f"what Kubernetes takes ({message})"


def _plain(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
