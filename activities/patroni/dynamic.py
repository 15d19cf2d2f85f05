"""Patroni's dynamic configuration, as far as a decision about members needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

DEFAULT_MAX_LAG_BYTES: Final = 1024 * 1024
"""Patroni's own, where the configuration does not say."""

_OFF: Final = frozenset({"", "0", "false", "off", "no", "none"})


@dataclass(frozen=True)
class Dynamic:
    """Answers of `GET /config`, in the words of decisions."""

    synchronous: bool = False
    held: bool = False
    """Paused: Patroni neither starts nor promotes anything by itself."""
    max_lag_bytes: int = DEFAULT_MAX_LAG_BYTES

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Dynamic":
        return cls(
            synchronous=_on(config.get("synchronous_mode")),
            held=_on(config.get("pause")),
            max_lag_bytes=_bytes(config.get("maximum_lag_on_failover")),
        )


def _on(value: Any) -> bool:
    """Patroni takes what is not a clear no for a yes, such as `quorum`."""
    return value is not None and str(value).strip().lower() not in _OFF


def _bytes(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return DEFAULT_MAX_LAG_BYTES
