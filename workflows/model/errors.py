"""Every error this operator raises on purpose, and what happens then.

MatriarchError
├── InvalidSpec            what the user wrote can't be done; no retry, wait for an edit
│   ├── InvalidManifest        a `postgresql` resource: condition at the field
│   ├── InvalidConfiguration   the operator's own: the last good one stays in force
│   └── InvalidObject          what was built from both is refused by the API server (422)
├── Precondition           the cluster is not fit for this step; no retry, a human decides
│   └── NotFound               what was to be changed does not exist (404)
├── NotYet                 right, but early; retried quietly, its text is shown as `waitingFor`
├── Conflict               somebody else wrote first (409); retried after reading again
├── Forbidden              Kubernetes or Postgres refuses us; retried slowly, shown in a condition
│   └── LockedOut              the superuser's Secret has another password than the server
├── Unavailable            a server did not answer; retried with back-off
├── SecretLeak             a secret was about to enter a payload; a bug, never retried
└── Aborted                ended by a person or a newer generation; never retried
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

LONGEST_VALUE: Final = 80
MOST_TOLD: Final = 20
"""Bad values that are named in one sentence; of many more than that there is one cause."""


@dataclass(frozen=True)
class FieldError:
    """One bad value: where it stands, what it is, and what would have been accepted."""

    path: str
    value: Any
    """None stands for one that is missing."""
    accepted: str

    def __str__(self) -> str:
        given = " is missing" if self.value is None else f": {self.shown} is not accepted"
        return f"{self.path}{given}; expected {self.accepted}"

    @property
    def remark(self) -> str:
        """As a remark on something that is let pass; what follows from it stands after a `;`."""
        expected, semicolon, consequence = self.accepted.partition("; ")
        return f"{self.path}: {self.shown}, where {expected} is expected{semicolon}{consequence}"

    @property
    def shown(self) -> str:
        """The value as a person wrote it, cut short; of a map its keys only."""
        if self.value is None:
            return ""
        text = _braced(self.value) if isinstance(self.value, Mapping) else _json(self.value)
        return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


def _braced(value: Mapping[str, Any]) -> str:
    return f"{{{', '.join(map(str, value))}}}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


class MatriarchError(Exception):
    """Base of the tree. `retryable` says whether Temporal tries the step again."""

    retryable: ClassVar[bool] = True


class InvalidSpec(MatriarchError):
    """What was asked for can't be built. Carries every bad field, not only the first."""

    retryable = False
    kind: ClassVar[str] = "input"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(self._sentence(errors))
        self.errors = list(errors)

    @classmethod
    def _sentence(cls, errors: Sequence[FieldError]) -> str:
        told = "; ".join(str(error) for error in errors[:MOST_TOLD]) or f"invalid {cls.kind}"
        more = len(errors) - MOST_TOLD
        return f"{told}; and {more} more" if more > 0 else told


class InvalidManifest(InvalidSpec):
    """A `postgresql` resource that can't be decoded or contradicts itself."""

    kind = "manifest"


class InvalidConfiguration(InvalidSpec):
    """An operator configuration that can't be read or contradicts itself."""

    kind = "configuration"


class InvalidObject(InvalidSpec):
    """A child object that the API server refuses: condition at the field it names."""

    kind = "object"


class Precondition(MatriarchError):
    """The world is not as the step needs it, and waiting would not help."""

    retryable = False


class NotFound(Precondition):
    """What was to be changed, or the place where it should be made, does not exist (404)."""


class NotYet(MatriarchError):
    """The step is right but early; its message says what is awaited."""


class Conflict(MatriarchError):
    """Another writer was first (409); the step reads again and repeats."""


class Forbidden(MatriarchError):
    """The API server or Postgres denies the request (401, 403, 42501)."""


class LockedOut(Forbidden):
    """Postgres knows another password of the superuser than its Secret holds."""


class Unavailable(MatriarchError):
    """A server could not be reached, timed out, or answered 429 or 5xx."""


class SecretLeak(MatriarchError):
    """A payload held a value that `vault` knows as a secret."""

    retryable = False


class Aborted(MatriarchError):
    """The operation was ended from outside: abort signal, approval time-out, newer spec."""

    retryable = False


def _leaves(root: type[MatriarchError]) -> list[type[MatriarchError]]:
    below = root.__subclasses__()
    return [root, *(leaf for child in below for leaf in _leaves(child))]


def never_retried() -> list[str]:
    """Type names for `RetryPolicy.non_retryable_error_types`, from the tree above."""
    declared = [leaf for leaf in _leaves(MatriarchError) if leaf.__module__ == __name__]
    ours = sorted(leaf.__name__ for leaf in declared if not leaf.retryable)
    return [*ours, "PayloadsTooLarge"]
