"""Which texts Kubernetes takes for names, labels and annotations.

Each `Syntax` says what it accepts, so that a refusal here reads better than the one that would
come from an object that was built with the text.
"""

import re
from dataclasses import dataclass
from typing import Final

_WORD = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_LONGEST = 63


@dataclass(frozen=True)
class Syntax:
    """A form of text."""

    accepted: str
    expression: re.Pattern[str]
    longest: int = _LONGEST

    def fits(self, text: str) -> bool:
        return len(text) <= self.longest and self.expression.fullmatch(text) is not None


SERVICE: Final = Syntax(
    "a-z, 0-9 and -, beginning with a letter and ending with a letter or digit, "
    "at most 63 characters",
    re.compile("[a-z]([-a-z0-9]*[a-z0-9])?"),
)
CONTAINER: Final = Syntax(
    "a-z, 0-9 and -, beginning and ending with a letter or digit, at most 63 characters",
    re.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
)
LABEL_VALUE: Final = Syntax(
    "a label's value: letters, digits, -, _ and ., beginning and ending with a letter or digit, "
    "at most 63 characters",
    re.compile(f"({_WORD})?"),
)
_PART: Final = Syntax("", re.compile(_WORD))
_PREFIX: Final = Syntax(
    "", re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"), 253
)
KEY_ACCEPTED: Final = (
    "a key such as `owner` or `example.org/owner`: letters, digits, -, _ and ., "
    "at most 63 characters after the /"
)


def is_label_key(text: str) -> bool:
    """A name, or a DNS name, a `/` and a name."""
    prefix, slash, name = text.rpartition("/")
    return _PART.fits(name) and (not slash or _PREFIX.fits(prefix))


def is_annotation_key(text: str) -> bool:
    """The same, in which the DNS name may have capitals."""
    return is_label_key(text.lower())
