"""Times, spans and amounts as people say them. Pure."""

import re
from datetime import UTC, datetime, timedelta

from cli.errors import Complaint

_SPAN = re.compile(r"\+(\d+)([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def now() -> datetime:
    return datetime.now(UTC)


def parse(text: str | None) -> datetime | None:
    """A time of Kubernetes, or None where there is none that can be read."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def age(since: str, at: datetime) -> str:
    """In one unit, as kubectl has it."""
    began = parse(since)
    if began is None:
        return "-"
    seconds = max(0, int((at - began).total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def span(seconds: float | None) -> str:
    """`4.2 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def took(began: str | None, ended: str | None) -> float | None:
    first, last = parse(began), parse(ended)
    return (last - first).total_seconds() if first and last else None


def left(eta: str | None, at: datetime) -> str:
    """`about 20 s left`; nothing when it is not known."""
    end = parse(eta)
    if end is None:
        return ""
    seconds = (end - at).total_seconds()
    return f"about {span(round(seconds))} left" if seconds >= 1 else "should end any moment"


def size(amount: int | None) -> str:
    """Bytes as people say them."""
    if amount is None:
        return "-"
    value = float(amount)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def at_time(text: str, at: datetime) -> str:
    """RFC 3339 of what a person says: such a time itself, or `+30m` from now."""
    if found := _SPAN.fullmatch(text):
        later = at + timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        return later.strftime("%Y-%m-%dT%H:%M:%SZ")
    moment = parse(text)
    if moment is None or moment.tzinfo is None:
        raise Complaint(
            f"{text} is no time: give one with zone such as 2026-01-31T02:00:00Z, or +30m."
        )
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
