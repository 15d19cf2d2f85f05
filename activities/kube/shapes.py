"""What the API server knows of the shape of objects, as far as comparing them needs it.

Which lists are maps in disguise, which maps are taken or left as a whole, which numbers are
quantities, and which empty values are not stored.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from activities.manifests import quantities

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "ownerReferences": ("uid",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
"""Lists whose items are told apart by these fields; in all others the place counts."""

PORT_KEYS: Final = (("containerPort", "protocol"), ("port", "protocol"))
DEFAULTS: Final[Mapping[str, Any]] = {"protocol": "TCP"}
"""Defaults of fields that are keys; an item may be written without them."""

WHOLE: Final = frozenset({"selector", "matchLabels", "nodeSelector"})
"""Maps that one writer owns entirely: a key more is a difference."""

SETS: Final = frozenset({"accessModes", "loadBalancerSourceRanges", "finalizers"})

ORDERED: Final = frozenset({"containers", "initContainers"})
"""Keyed lists whose order people care about nevertheless."""

ZERO_IS_ABSENT: Final = frozenset(
    {
        *("hostIPC", "hostNetwork", "hostPID", "readOnly", "stdin", "stdinOnce", "tty"),
        *("hostPort", "initialDelaySeconds", "nodePort"),
    }
)
"""Fields that the server drops when they are 0 or false; elsewhere that is a choice."""

_QUANTITIES = frozenset({"requests", "limits"})
_QUANTITY_FIELDS = frozenset({"sizeLimit", "divisor"})
_PORT_FIELDS = frozenset({"port", "targetPort", "containerPort", "hostPort", "nodePort"})
_JSON_VARIABLES = ("SPILO_CONFIGURATION", "KUBERNETES_LABELS", "KUBERNETES_BOOTSTRAP_LABELS")


def keys_of(field: str, items: list[Any]) -> tuple[str, ...] | None:
    """The fields by which items of the list `field` are told apart, or None."""
    if not all(isinstance(item, Mapping) for item in items):
        return None
    if field in KEYS:
        return KEYS[field]
    if field != "ports":
        return None
    return next((keys for keys in PORT_KEYS if all(keys[0] in item for item in items)), None)


def identity(item: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(item.get(key, DEFAULTS.get(key)) for key in keys)


def empty(value: Any) -> bool:
    """Whether the server stores nothing for this. 0 and false are values."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def same(want: Any, have: Any, *, field: str, parent: str) -> bool:
    """Whether two scalars mean the same where they stand."""
    if want == have and isinstance(want, bool) == isinstance(have, bool):
        return True
    if empty(want) and empty(have):
        return True
    if field in ZERO_IS_ABSENT and not want and not have:
        return True
    if parent in _QUANTITIES or field in _QUANTITY_FIELDS:
        return bool(_amount(want) == _amount(have))
    return field in _PORT_FIELDS and str(want) == str(have)


def same_variable(want: Mapping[str, Any], have: Mapping[str, Any]) -> bool:
    """Whether two entries of `env` hold JSON that asks for the same.

    `bootstrap.dcs` is only read when a cluster is born; later Patroni's own copy counts, which is
    changed through its API. So a difference there must not restart pods.
    """
    if want.get("name") not in _JSON_VARIABLES or want.get("name") != have.get("name"):
        return False
    return bool(_parsed(want.get("value")) == _parsed(have.get("value")))


def _parsed(text: Any) -> Any:
    try:
        content = json.loads(text)
    except (TypeError, ValueError):
        return text
    bootstrap = content.get("bootstrap") if isinstance(content, dict) else None
    if not isinstance(bootstrap, dict):
        return content
    return {**content, "bootstrap": {key: bootstrap[key] for key in bootstrap if key != "dcs"}}


def _amount(value: Any) -> Any:
    try:
        return quantities.parse(str(value)).amount
    except ValueError:
        return value
