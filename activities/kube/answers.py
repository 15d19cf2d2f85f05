"""From the API server's refusals to this operator's errors."""

import json
from http import HTTPStatus

from activities.kube.complaints import bad_fields
from workflows.model.errors import (
    Conflict,
    Forbidden,
    InvalidObject,
    MatriarchError,
    NotFound,
    Precondition,
    Unavailable,
)

LONGEST_TEXT = 1_000

_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_ABOUT_FIELDS = (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.INTERNAL_SERVER_ERROR)
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GONE, HTTPStatus.TOO_MANY_REQUESTS)


def refusal(status: int, body: bytes, *, asked: str) -> MatriarchError:
    """The error for an answer that is not 2xx; `asked` says in words what was wanted."""
    text = f"{asked}: {said(status, body)}"
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(text)
    if status in _REFUSED:
        return Forbidden(text)
    if status == HTTPStatus.CONFLICT:
        return Conflict(text)
    if status in _ABOUT_FIELDS and (wrong := bad_fields(body)):
        return InvalidObject(wrong)
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(text)
    return Precondition(text)


def said(status: int, body: bytes) -> str:
    """The server's own sentence, or the beginning of whatever stood in between."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = body.decode(errors="replace").strip()
    text = answer.get("message") if isinstance(answer, dict) else answer
    return f"{text or 'no text'} ({status})"[:LONGEST_TEXT]
