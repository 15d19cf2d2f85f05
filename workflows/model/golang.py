"""Literals as Go writes them: booleans, whole numbers with a base, durations.

Configurations were read by a Go program for years, so exactly its words are accepted. Each
function raises ValueError with what would have been accepted.
"""

import re
from datetime import timedelta
from typing import Final

_TRUE: Final = ("1", "t", "T", "TRUE", "true", "True")
_FALSE: Final = ("0", "f", "F", "FALSE", "false", "False")
_INTEGER = re.compile(
    r"([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)",
    re.ASCII,
)
_TERM = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_LONGEST: Final = 100
"""No literal of use is longer; Python reads no number of several thousand digits."""
_NANOSECONDS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}


def boolean(text: str) -> bool:
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError("true or false")


def integer(text: str) -> int:
    """Base by prefix: `10`, `0x1f`, `0b11`, `0o17` and `017` (octal); `_` between digits."""
    matched = _INTEGER.fullmatch(text[: _LONGEST + 1])
    if matched is None or len(text) > _LONGEST:
        raise ValueError("a whole number")
    sign, digits = matched.groups()
    octal = re.fullmatch(r"0[oO]?([0-7_]+)", digits)
    number = int(octal.group(1).replace("_", ""), 8) if octal else int(digits, 0)
    return -number if sign == "-" else number


def duration(text: str) -> timedelta:
    """`1h30m`, `1.5h`, `200ms`, `-3s`, `0`; below a microsecond is cut off."""
    unsigned = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    if unsigned == "0":
        return timedelta()
    terms = list(_TERM.finditer(unsigned[:_LONGEST]))
    if not terms or "".join(term.group() for term in terms) != unsigned:
        raise ValueError("a duration such as 30s, 5m or 1h30m")
    total = sum(_nanoseconds(term.group(1), term.group(2)) for term in terms)
    if total >= 2**63:
        raise ValueError("a duration of less than 292 years")
    length = timedelta(microseconds=total // 1_000)
    return -length if text.startswith("-") else length


def _nanoseconds(number: str, unit: str) -> int:
    whole, _, fraction = number.partition(".")
    scale = _NANOSECONDS[unit]
    below = int(fraction) * scale // 10 ** len(fraction) if fraction else 0
    return int(whole or "0") * scale + below


def is_pattern(text: str) -> bool:
    """Whether it can be used as a regular expression; the only one here that raises nothing."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
