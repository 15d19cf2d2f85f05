"""What goes wrong, each as one sentence that says what to do about it.

Complaint
├── Missing        there is no such thing
├── Unknown        Kubernetes does not know such things at all: their definition is not installed
├── Denied         Kubernetes knows the caller, and refuses
├── Stranger       Kubernetes does not know who asks
├── Refused        what was sent is not accepted
└── Unreachable    nobody answers, or nobody can answer now
"""

import json
from typing import Any, NamedTuple


class Complaint(Exception):
    """Ends the command with its sentence and its exit code."""

    code = 1


class Missing(Complaint):
    pass


class Unknown(Complaint):
    pass


class Denied(Complaint):
    pass


class Stranger(Complaint):
    pass


class Refused(Complaint):
    pass


class Unreachable(Complaint):
    pass


class Asked(NamedTuple):
    """A request in words: who may not do it is told which right is lacking."""

    verb: str
    resource: str
    """Plural, with its group if it has one."""
    namespace: str = ""
    name: str = ""

    @property
    def place(self) -> str:
        return f"in namespace {self.namespace}" if self.namespace else "in all namespaces"


def complaint(status: int, body: bytes, asked: Asked) -> Complaint:
    """The complaint about an answer that is not 2xx."""
    answer = _answer(body)
    said = str(answer.get("message") or f"status {status}").strip()
    if status == 401:
        return Stranger(
            "Kubernetes does not know who you are: log in anew, or choose another --context."
        )
    if status == 403:
        return Denied(
            f"You may not {asked.verb} {asked.resource} {asked.place}: ask an administrator for "
            f'the right "{asked.verb}" on "{asked.resource}".'
        )
    if status == 404:
        return _missing(answer, asked)
    if status == 429 or status >= 500:
        return Unreachable(f"Kubernetes can't answer now ({said}): try again in a moment.")
    return Refused(f"Kubernetes does not accept this: {said}")


def _missing(answer: dict[str, Any], asked: Asked) -> Complaint:
    """Of a kind that is not installed the answer names no object."""
    if asked.name and (answer.get("details") or {}).get("name"):
        return Missing(f"There is no {asked.name} among the {asked.resource} {asked.place}.")
    return Unknown(
        f"This Kubernetes does not know {asked.resource}: install the definitions "
        "(kubectl apply --server-side -k deploy/crds), or choose another --context."
    )


def _answer(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {"message": body.decode(errors="replace")[:200]}
    return answer if isinstance(answer, dict) else {}
