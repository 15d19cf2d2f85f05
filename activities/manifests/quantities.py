"""Kubernetes quantities: `250m`, `1.5Gi`, `1e3`; compared by value, written as the server does."""

import re
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Context, Decimal

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]|)", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SMALLEST = Decimal("1e-9")
_LARGEST = Decimal(2**63 - 1)
_EXACT = Context(prec=200)


@dataclass(frozen=True, order=True)
class Quantity:
    """An amount; `suffixes` remembers in which family of suffixes it was written."""

    amount: Decimal
    suffixes: str = field(default="decimal", compare=False)

    def __str__(self) -> str:
        if self.suffixes == "binary" and abs(self.amount) >= 1024 and self.amount % 1 == 0:
            return _scaled(
                self.amount, {name: Decimal(2**power) for name, power in _BINARY.items()}
            )
        if self.suffixes == "exponent":
            return _scaled(self.amount, {f"e{p}" if p else "": _ten(p) for p in _DECIMAL.values()})
        return _scaled(self.amount, {name: _ten(power) for name, power in _DECIMAL.items()})


def _ten(power: int) -> Decimal:
    return Decimal(1).scaleb(power)


def _scaled(amount: Decimal, units: dict[str, Decimal]) -> str:
    """The amount as a whole number of the largest unit that allows it."""
    whole = {name: unit for name, unit in units.items() if amount % unit == 0}
    if not amount or not whole:
        return f"{amount:f}"
    name, unit = max(whole.items(), key=lambda item: item[1])
    return f"{amount / unit:.0f}{name}"


def parse(text: str) -> Quantity:
    """Raises ValueError for what is no quantity."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a quantity")
    number, suffix = Decimal(match[1]), match[2]
    if suffix in _BINARY:
        return Quantity(_stored(_EXACT.multiply(number, 2 ** _BINARY[suffix])), "binary")
    if suffix in _DECIMAL:
        return Quantity(_stored(number.scaleb(_DECIMAL[suffix], _EXACT)), "decimal")
    exponent = max(-100, min(100, int(suffix[1:])))
    return Quantity(_stored(number.scaleb(exponent, _EXACT)), "exponent")


def _stored(amount: Decimal) -> Decimal:
    """What the server keeps: at most 63 bits, nothing finer than a billionth (rounded up)."""
    bounded = max(-_LARGEST, min(_LARGEST, amount))
    return bounded.quantize(_SMALLEST, rounding=ROUND_CEILING, context=_EXACT).normalize(_EXACT)


def canonical(text: str) -> str:
    """As the API server stores it: `1000m` is `1`, `2048Mi` is `2Gi`."""
    return str(parse(text))
