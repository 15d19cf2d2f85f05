"""What makes a configuration impossible although every value has its type.

A refusal here stands for objects that Kubernetes would take from no cluster, or for a wait that
could not be waited for; whatever some cluster can live with is accepted, as it always was.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from workflows.model import embedded, syntax, yamltext
from workflows.model.configuration import naming
from workflows.model.configuration.naming import Bad, Found
from workflows.model.errors import FieldError
from workflows.model.mounts import DATA_MOUNT, hides_data
from workflows.model.postgresql.sections import VERSIONS
from workflows.model.validation import mapping, path_of, sequence, shown

Paths = Mapping[str, str]

_NEEDED: Final = (
    "connection_pooler_schema",
    "connection_pooler_user",
    "pdb_name_format",
    "pod_service_account_name",
    "replication_username",
    "secret_name_template",
    "super_username",
)
_LABELS: Final = ("cluster_labels", "node_readiness_label")
_ANNOTATIONS: Final = ("custom_pod_annotations", "custom_service_annotations")
_SPANS: Final = (
    "patroni_api_check_interval",
    "patroni_api_check_timeout",
    "pod_deletion_wait_timeout",
    "pod_label_wait_timeout",
    "resource_check_interval",
    "resource_check_timeout",
    "resync_period",
)
_TIMES: Final = (
    "master_pod_move_timeout",
    "operation_history_age",
    "pod_terminate_grace_period",
    "repair_period",
)
_RANGES: Final = {
    "api_port": (0, 65535),
    "connection_pooler_max_db_connections": (0, 2**31 - 1),
    "password_rotation_interval": (0, 2**31 - 1),
    "spilo_fsgroup": (0, 2**31 - 1),
    "spilo_runasgroup": (0, 2**31 - 1),
    "spilo_runasuser": (0, 2**31 - 1),
}
_TOLERATION: Final = {
    "operator": ("Equal", "Exists"),
    "effect": ("NoExecute", "NoSchedule", "PreferNoSchedule"),
}
_DEFINITIONS: Final = {
    "pod_service_account_definition": ("ServiceAccount", {}),
    "pod_service_account_role_binding_definition": (
        "RoleBinding",
        {"roleRef": dict, "subjects": list},
    ),
}


def contradictions(found: Found, paths: Paths) -> Iterator[FieldError]:
    """Every one, at the place that `paths` has for the parameter; bad values are not in `found`."""
    for rule in _RULES:
        for place, value, wanted in rule(found):
            name = re.split(r"[.\[]", place, maxsplit=1)[0]
            path = paths[name] + place.removeprefix(name)
            yield FieldError(path, shown(path, value), wanted)


def accepted(name: str) -> str:
    """What these rules ask of one parameter by itself, for people; nothing for most."""
    if name in _RANGES:
        return "a whole number from {} to {}".format(*_RANGES[name])
    if name in (*_SPANS, *_TIMES):
        return f"a duration {_least(name)}"
    if name in _NEEDED:
        return "not empty"
    if name in (*_LABELS, "cluster_name_label", "pod_role_label"):
        return "what Kubernetes takes for labels"
    return "keys that Kubernetes takes for annotations" if name in _ANNOTATIONS else ""


def _least(name: str) -> str:
    return "longer than 0" if name in _SPANS else "of 0 or more"


def _names(found: Found) -> Iterator[Bad]:
    for name in _NEEDED:
        if found.get(name) == "":
            yield name, "", "a text that is not empty"
    for name in ("cluster_name_label", "pod_role_label"):
        if name in found and not syntax.is_label_key(found[name]):
            yield name, found[name], syntax.KEY_ACCEPTED


def _marks(found: Found) -> Iterator[Bad]:
    for name in _LABELS:
        for key, value in found.get(name, {}).items():
            if not syntax.is_label_key(key):
                yield f"{name}.{key}", key, syntax.KEY_ACCEPTED
            if not syntax.LABEL_VALUE.fits(value):
                yield f"{name}.{key}", value, syntax.LABEL_VALUE.accepted
    for name in _ANNOTATIONS:
        for key in found.get(name, {}):
            if not syntax.is_annotation_key(key):
                yield f"{name}.{key}", key, syntax.KEY_ACCEPTED


def _numbers(found: Found) -> Iterator[Bad]:
    for name, (low, high) in _RANGES.items():
        value = found.get(name)
        if value is not None and not low <= value <= high:
            yield name, value, f"a whole number from {low} to {high}"


def _durations(found: Found) -> Iterator[Bad]:
    nothing = timedelta()
    for name in (*_SPANS, *_TIMES):
        value = found.get(name)
        if value is not None and (value < nothing or (value == nothing and name in _SPANS)):
            wanted = f"a duration {_least(name)}, such as 30s or 5m"
            yield name, f"{value.total_seconds():g}s", wanted


def _placement(found: Found) -> Iterator[Bad]:
    toleration = found.get("toleration", {})
    for key, words in _TOLERATION.items():
        if toleration.get(key) and toleration[key] not in words:
            yield f"toleration.{key}", toleration[key], f"one of {', '.join(words)}"
    if toleration.get("key") and not syntax.is_label_key(toleration["key"]):
        yield "toleration.key", toleration["key"], syntax.KEY_ACCEPTED
    topology = found.get("pod_antiaffinity_topology_key", "")
    if found.get("enable_pod_antiaffinity") and not syntax.is_label_key(topology):
        yield "pod_antiaffinity_topology_key", topology, syntax.KEY_ACCEPTED


def _mounts(found: Found) -> Iterator[Bad]:
    secret, path = found.get("additional_secret_mount"), found.get("additional_secret_mount_path")
    if secret and path == "":
        yield "additional_secret_mount_path", path, "a path, as there is a Secret to mount"
    if secret and path and hides_data(path):
        yield "additional_secret_mount_path", path, f"a path that {DATA_MOUNT} is not below"
    if secret and not syntax.CONTAINER.fits(secret):
        yield "additional_secret_mount", secret, syntax.CONTAINER.accepted


def _containers(found: Found) -> Iterator[Bad]:
    for index, container in enumerate(found.get("sidecars", [])):
        place = f"sidecars[{index}]"
        yield from _shape("Container", container, place)
        yield from _container(place, container.get("name"), container.get("image"))
        for number, entry in enumerate(sequence(container.get("env"))):
            if mapping(entry).get("name") == "":
                yield f"{place}.env[{number}].name", "", "a name that is not empty"
    for name, image in found.get("sidecar_docker_images", {}).items():
        yield from _container(f"sidecar_docker_images.{name}", name, image)
    yield from _shape("Probe", found.get("liveness_probe"), "liveness_probe")


def _container(place: str, name: Any, image: Any) -> Iterator[Bad]:
    if isinstance(name, str) and not syntax.CONTAINER.fits(name):
        yield f"{place}.name", name, syntax.CONTAINER.accepted
    if not image:
        yield f"{place}.image", image, "an image"


def _shape(kind: str, value: Any, place: str) -> Iterator[Bad]:
    for location, given, accepted in embedded.complaints(kind, value):
        yield path_of(location, below=place), given, accepted


def _definitions(found: Found) -> Iterator[Bad]:
    for name, (kind, parts) in _DEFINITIONS.items():
        if found.get(name) and not _defines(found[name], kind, parts):
            yield name, found[name], f"a {kind} as YAML or JSON"


def _defines(text: str, kind: str, parts: Mapping[str, type]) -> bool:
    try:
        value = yamltext.read(text)
    except ValueError:
        return False
    if not isinstance(value, dict) or value.get("kind") != kind:
        return False
    metadata = value.get("metadata") or {}
    given = [(value.get(part), expected) for part, expected in parts.items()]
    if not isinstance(metadata, dict) or not all(_is_or_absent(*one) for one in given):
        return False
    return all(_is_or_absent(metadata.get(part), dict) for part in ("labels", "annotations"))


def _is_or_absent(value: Any, expected: type) -> bool:
    return value is None or isinstance(value, expected)


def _upgrades(found: Found) -> Iterator[Bad]:
    if found.get("major_version_upgrade_mode") != "full":
        return
    for name in ("minimal_major_version", "target_major_version"):
        if name in found and not found[name].isdecimal():
            yield name, found[name], "a major version such as 17"
        elif name == "target_major_version" and found.get(name, VERSIONS[0]) not in VERSIONS:
            yield name, found[name], f"one of {', '.join(VERSIONS)}"


_RULES: Final = (
    _names,
    naming.roles,
    naming.secrets,
    naming.labels,
    _marks,
    _numbers,
    _durations,
    _placement,
    _mounts,
    _containers,
    _definitions,
    _upgrades,
)


def instance_limits(found: Found, paths: Paths) -> Iterable[FieldError]:
    """Refused in a ConfigMap only, as ever; in an object the lower bound wins."""
    fewest, most = found.get("min_instances", -1), found.get("max_instances", -1)
    if fewest > most > 0:
        yield FieldError(paths["min_instances"], fewest, f"at most `max_instances`, {most}")
