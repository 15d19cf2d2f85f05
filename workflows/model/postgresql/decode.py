"""From the API server's object to the model, with every bad field named at once.

Objects may be older than the CRD in force or stored by another operator, so nothing is taken for
checked: types and formats by the model, contradictions by `rules`.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from workflows.model import validation
from workflows.model.errors import FieldError, InvalidManifest
from workflows.model.postgresql import effects, rules
from workflows.model.postgresql.resource import Postgresql
from workflows.model.postgresql.spec import PostgresqlSpec
from workflows.model.shape import unknown
from workflows.model.validation import mapping, nested_too_deep, too_deep

# v1 names that v2 dropped; the new name wins where both are there
_RENAMED = {
    "init_containers": "initContainers",
    "pod_priority_class_name": "podPriorityClassName",
}
# used only when neither of the new pair is there
_RENAMED_PAIR = {
    "useLoadBalancer": "enableMasterLoadBalancer",
    "replicaLoadBalancer": "enableReplicaLoadBalancer",
}
REMOVED = {**_RENAMED, **_RENAMED_PAIR}
_OLD_PATHS = {f"spec.{name}" for name in REMOVED}


def parse(obj: Any) -> Postgresql:
    """The model of a `postgresql` object; raises InvalidManifest with all its bad fields.

    Takes whatever JSON there is and raises nothing else.
    """
    if too_deep(obj):
        raise InvalidManifest([nested_too_deep("spec")])
    body = _current(obj)
    contradictions = list(rules.contradictions(body))
    try:
        cluster = Postgresql.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        errors = validation.field_errors(error)
        told = {error.path for error in errors}
        errors += [error for error in contradictions if error.path not in told]
        raise InvalidManifest(errors) from None
    if contradictions:
        raise InvalidManifest(contradictions)
    return cluster


def unknown_fields(obj: Any, *, old_names: bool = False) -> list[str]:
    """Paths below `spec` that mean nothing here, each with the name that was meant, if one is near.

    An API server with our CRD has dropped them; `old_names` counts those of v1 among them, which
    are understood where they are still there.
    """
    spec = mapping(mapping(obj).get("spec"))
    if too_deep(spec):
        return []
    return [
        str(stray)
        for stray in unknown(PostgresqlSpec, spec, "spec", renamed=REMOVED)
        if old_names or stray.path not in _OLD_PATHS
    ]


def notices(obj: Any) -> list[FieldError]:
    """What is accepted but won't have the effect its author expects; `obj` can be parsed."""
    return [*_removed(obj), *effects.without_effect(_current(obj))]


def _removed(obj: Any) -> Iterator[FieldError]:
    spec = mapping(mapping(obj).get("spec"))
    for old, new in REMOVED.items():
        if old in spec:
            yield FieldError(f"spec.{old}", spec[old], f"`{new}`, its name since v2")


def _current(obj: Any) -> dict[str, Any]:
    """The object without nulls and old names: null means absent, but for a role without flags."""
    body: dict[str, Any] = validation.without_nulls(mapping(obj))
    if isinstance(body.get("status"), str):
        body["status"] = {"PostgresClusterStatus": body["status"]}
    spec = body.get("spec")
    if isinstance(spec, dict):
        users = mapping(obj["spec"].get("users"))
        flagless: dict[str, Any] = {name: [] for name, flags in users.items() if flags is None}
        if flagless:
            spec["users"] = {**flagless, **mapping(spec.get("users"))}
        _rename(spec)
    return body


def _rename(spec: dict[str, Any]) -> None:
    pair_in_use = not spec.keys().isdisjoint(_RENAMED_PAIR.values())
    for old, new in REMOVED.items():
        value = spec.pop(old, None)
        superseded = pair_in_use if old in _RENAMED_PAIR else bool(spec.get(new))
        if value is not None and not superseded:
            spec[new] = value
