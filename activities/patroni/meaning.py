"""Whether two texts of a Postgres parameter mean the same to Postgres: `1GB` and `1024MB`, `on`
and `true`. Pure.

Where that can't be told without asking a server (a size without a unit, an extension's own
parameter) they count as different, which costs one write and no more: from then on both sides have
the same text.
"""

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

_TRUE: Final = frozenset({"on", "true", "yes", "1"})
_FALSE: Final = frozenset({"off", "false", "no", "0"})
_MEMORY: Final = {"B": 1, "kB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_TIME: Final = {
    "us": Fraction(1, 1000),
    "ms": Fraction(1),
    "s": Fraction(1000),
    "min": Fraction(60_000),
    "h": Fraction(3_600_000),
    "d": Fraction(86_400_000),
}
_AMOUNT: Final = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([a-zA-Z]*)\s*")


def same(name: str, wanted: Any, live: Any) -> bool:
    """Whether parameter `name` would have the same value either way."""
    one, other = text(wanted), text(live)
    if one == other:
        return True
    if "." in name:  # an extension's, or one that only an application reads, as text
        return False
    return _same_flag(one, other) or _same_amount(one, other)


def text(value: Any) -> str:
    """A value of Patroni's configuration as Postgres would be given it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def flag(value: Any) -> bool | None:
    """A switch of Patroni's own; None when the value is no switch, nothing counts as off."""
    word = text("off" if value is None else value).lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def number(value: Any) -> int | None:
    """A whole number of Patroni's own, however it was written; None when it is none."""
    try:
        amount = Decimal(text(value).strip())
        return int(amount) if amount == amount.to_integral_value() else None
    except (InvalidOperation, OverflowError, ValueError):
        return None


def _same_flag(one: str, other: str) -> bool:
    pair = {one.lower(), other.lower()}
    return pair <= _TRUE or pair <= _FALSE


def _same_amount(one: str, other: str) -> bool:
    first, second = _amount(one), _amount(other)
    return first is not None and first == second


def _amount(value: str) -> tuple[str, Fraction] | None:
    """What is measured and how much of it, in bytes or milliseconds; None for other texts."""
    matched = _AMOUNT.fullmatch(value)
    if matched is None:
        return None
    digits, unit = matched.groups()
    try:
        amount = Fraction(digits)
    except ValueError:
        return None
    if not unit:
        return "", amount
    if unit in _MEMORY:
        return "memory", amount * _MEMORY[unit]
    return ("time", amount * _TIME[unit]) if unit in _TIME else None
