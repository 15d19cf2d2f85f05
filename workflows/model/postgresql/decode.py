"""From the API server's object to the model, with every bad field named at once.

Objects may be older than the CRD in force or stored by another operator, so nothing is taken for
checked: types and formats by the model, contradictions by `rules`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from workflows.model import validation
from workflows.model.errors import FieldError, InvalidManifest
from workflows.model.postgresql import rules
from workflows.model.postgresql.resource import Postgresql
from workflows.model.postgresql.spec import PostgresqlSpec
from workflows.model.shape import unknown

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


def parse(obj: Mapping[str, Any]) -> Postgresql:
    """The model of a `postgresql` object; raises InvalidManifest with all its bad fields."""
    body = _current(obj)
    errors = list(rules.contradictions(body))
    try:
        cluster = Postgresql.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidManifest([*validation.field_errors(error), *errors]) from None
    if errors:
        raise InvalidManifest(errors)
    return cluster


def unknown_fields(obj: Mapping[str, Any]) -> list[str]:
    """Paths below `spec` that mean nothing here; an API server with our CRD has dropped them."""
    spec = obj.get("spec")
    if not isinstance(spec, Mapping):
        return []
    return [path for path in unknown(PostgresqlSpec, spec, "spec") if path[5:] not in REMOVED]


def notices(obj: Mapping[str, Any]) -> list[FieldError]:
    """What is accepted but won't have the effect its author expects."""
    return [*_removed(obj), *rules.without_effect(_current(obj))]


def _removed(obj: Mapping[str, Any]) -> Iterator[FieldError]:
    spec = validation.mapping(obj.get("spec"))
    for old, new in REMOVED.items():
        if old in spec:
            yield FieldError(f"spec.{old}", spec[old], f"`{new}`, its name since v2")


def _current(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The object without nulls and old names: null means absent, but for a role without flags."""
    body: dict[str, Any] = validation.without_nulls(obj)
    if isinstance(body.get("status"), str):
        body["status"] = {"PostgresClusterStatus": body["status"]}
    spec = body.get("spec")
    if isinstance(spec, dict):
        users = validation.mapping(validation.mapping(obj.get("spec")).get("users"))
        flagless: dict[str, Any] = {name: [] for name, flags in users.items() if flags is None}
        if flagless:
            spec["users"] = {**flagless, **validation.mapping(spec.get("users"))}
        _rename(spec)
    return body


def _rename(spec: dict[str, Any]) -> None:
    pair_in_use = not spec.keys().isdisjoint(_RENAMED_PAIR.values())
    for old, new in REMOVED.items():
        value = spec.pop(old, None)
        superseded = pair_in_use if old in _RENAMED_PAIR else bool(spec.get(new))
        if value is not None and not superseded:
            spec[new] = value
