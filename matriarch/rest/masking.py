"""Takes secrets out of what is shown. Pure, but for the secrets this process has read."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from workflows.tripwire import TRIPWIRE

MASK: Final = "*****"

_FIELDS: Final = re.compile(
    r"(password|passwd|passphrase|token|secret_?access_?key|access_?key(_?id)?|account_?key"
    r"|api_?key|private_?key|credentials)$",
    re.IGNORECASE,
)
_VARIABLES: Final = re.compile(
    r"password|passwd|passphrase|secret|token|credentials|key", re.IGNORECASE
)
_NOISE: Final = frozenset({"managedFields", "kubectl.kubernetes.io/last-applied-configuration"})


def masked(value: Any) -> Any:
    """A copy in which no value stands that its name, or this process, knows to be a secret."""
    text = TRIPWIRE.scrub(json.dumps(_masked(value), default=str))
    return json.loads(text)


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        if _is_secret_variable(value):
            return {**value, "value": MASK}
        kept = {name: part for name, part in value.items() if name not in _NOISE}
        return {name: _field(name, part) for name, part in kept.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_masked(part) for part in value]
    return value


def _field(name: str, value: Any) -> Any:
    secret = isinstance(value, str) and value and _FIELDS.search(name)
    return MASK if secret else _masked(value)


def _is_secret_variable(value: Mapping[str, Any]) -> bool:
    """An entry of a container's environment with its value written out."""
    name = value.get("name")
    return bool(value.get("value") and isinstance(name, str) and _VARIABLES.search(name))
