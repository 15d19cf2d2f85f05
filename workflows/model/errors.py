"""Every error this operator raises on purpose, and what happens then.

MatriarchError
├── InvalidSpec            what the user wrote can't be done; no retry, wait for an edit
│   ├── InvalidManifest        a `postgresql` resource: condition at the field
│   └── InvalidConfiguration   the operator's own: the last good one stays in force
├── Precondition           the cluster is not fit for this step; no retry, a human decides
│   └── NotFound               what was to be changed does not exist (404)
├── NotYet                 right, but early; retried quietly, its text is shown as `waitingFor`
├── Conflict               somebody else wrote first (409); retried after reading again
├── Forbidden              Kubernetes or Postgres refuses us; retried slowly, shown in a condition
├── Unavailable            a server did not answer; retried with back-off
├── SecretLeak             a secret was about to enter a payload; a bug, never retried
└── Aborted                ended by a person or a newer generation; never retried
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One bad value: where it stands, what it is, and what would have been accepted."""

    path: str
    value: Any
    accepted: str

    def __str__(self) -> str:
        return f"{self.path}: {self.value!r} is not accepted; expected {self.accepted}"


class MatriarchError(Exception):
    """Base of the tree. `retryable` says whether Temporal tries the step again."""

    retryable: ClassVar[bool] = True


class InvalidSpec(MatriarchError):
    """What was asked for can't be built. Carries every bad field, not only the first."""

    retryable = False
    kind: ClassVar[str] = "input"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(str(error) for error in errors) or f"invalid {self.kind}")
        self.errors = list(errors)


class InvalidManifest(InvalidSpec):
    """A `postgresql` resource that can't be decoded or contradicts itself."""

    kind = "manifest"


class InvalidConfiguration(InvalidSpec):
    """An operator configuration that can't be read or contradicts itself."""

    kind = "configuration"


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
