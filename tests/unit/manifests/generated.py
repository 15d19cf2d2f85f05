"""Generated resources and configurations: any field of the schemas, with values that are valid.

What the schema leaves open and rules restrict (names, keys) is drawn from small alphabets here.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.unit.manifests.inputs import UID, Object
from workflows.model.configuration.sections import entries
from workflows.model.crds import operatorconfigurations, postgresqls
from workflows.model.fields import MEMORY_PATTERN

MOST_FIELDS = 5
REQUIRED: Object = {
    "teamId": "acid",
    "numberOfInstances": 2,
    "postgresql": {"version": "17"},
    "volume": {"size": "1Gi"},
}

words = st.from_regex(r"\A[a-z]([-a-z0-9]{0,8}[a-z0-9])?\Z")
keys = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,12}\Z")
texts = st.text(max_size=12)
slots = st.from_regex(r"\A[a-z_]{1,9}\Z")
identifiers = st.sampled_from(["app", "app_owner", "ns.reader", "zoe", "foo-user"])
windows = st.sampled_from(["01:00-06:00", "Sat:02:00-04:30", "Mon:00:00-23:59"])
quantities = st.sampled_from(["0", "100m", "1", "1.5", "1Gi", "1500Mi", "1e3"])
durations = st.sampled_from(["1s", "5m", "1h30m"])
marks = st.dictionaries(st.sampled_from(["a", "b/c", "example.org/D"]), texts, max_size=2)
labels = st.dictionaries(st.sampled_from(["a", "b/c", "d.e/F"]), words, max_size=2)
paths = st.sampled_from(["/a", "/b", "/home/postgres/pgdata", "/tls"])
numbers = st.integers(0, 100)
probes = st.fixed_dictionaries(
    {"httpGet": st.just({"path": "/liveness", "port": 8008})},
    optional={"periodSeconds": st.integers(1, 60), "failureThreshold": st.integers(1, 5)},
)
_OURS: Mapping[str, st.SearchStrategy[Any]] = {
    # by the name of the field, wherever it stands
    "additionalVolumes[].name": words,
    "annotations": marks,
    "applicationId": words,
    "caSecretName": words,
    "clone.timestamp": st.sampled_from(["2024-02-29T12:00:00+02:00", "2030-12-31T23:59:60-05:00"]),
    "connectionPooler.user": st.sampled_from(["", "pooler", "pool_er.1"]),
    "env[].name": keys,
    "image": words,
    "initContainers[].name": st.from_regex(r"\Ainit-[a-z0-9]{1,5}\Z"),
    "maintenanceWindows[]": windows,
    "masterNodePort": st.sampled_from([0, 30001]),
    "masterPoolerNodePort": st.sampled_from([0, 30002]),
    "masterServiceAnnotations": marks,
    "mountPath": paths,
    "pg_hba[]": st.sampled_from(["local all all trust", "# none", "hostssl all all all md5"]),
    "podAnnotations": marks,
    "replicaNodePort": st.sampled_from([0, 30003]),
    "replicaPoolerNodePort": st.sampled_from([0, 30004]),
    "replicaServiceAnnotations": marks,
    "secretName": words,
    "serviceAnnotations": marks,
    "sidecars[].name": st.from_regex(r"\Aside-[a-z0-9]{1,5}\Z"),
    "size": st.sampled_from(["1Gi", "1.5Gi", "500M", "1e9"]),
    "slots": st.dictionaries(slots, st.sampled_from([{}, {"type": "physical"}]), max_size=2),
    "schedulerName": words,
    "podPriorityClassName": words,
    "pod_priority_class_name": words,
    "spiloFSGroup": numbers,
    "spiloRunAsGroup": numbers,
    "spiloRunAsUser": numbers,
    "livenessProbe": probes,
    "liveness_probe": probes,
    "tolerations[]": st.sampled_from([{"operator": "Exists"}, {"key": "a", "value": "b"}]),
    "selector": st.just({"matchLabels": {"a": "b"}}),
    "standby_host": words,
    "standby_port": st.sampled_from(["", "5433"]),
    "standby_primary_slot_name": slots,
    "storageClass": words,
    "streams[].database": slots,
    "teamId": words,
    "tables": st.dictionaries(words, st.just({"eventType": "e"}), min_size=1, max_size=2),
    "users": st.dictionaries(
        identifiers, st.lists(st.sampled_from(["createdb", "LOGIN", "nologin"]), max_size=1)
    ),
    "volumeSource": st.sampled_from([{"emptyDir": {}}, {"secret": {"secretName": "s"}}]),
    # parameters
    "additional_secret_mount": st.just("secret-of-all"),
    "additional_secret_mount_path": st.just("/mnt"),
    "api_port": st.integers(1, 65535),
    "cluster_labels": labels.map(lambda more: {"application": "spilo", **more}),
    "cluster_name_label": st.sampled_from(["cluster-name", "example.org/cluster"]),
    "connection_pooler_max_db_connections": numbers,
    "connection_pooler_user": words,
    "custom_pod_annotations": marks,
    "custom_service_annotations": marks,
    "downscaler_annotations": st.lists(st.sampled_from(["^a", "(", "down.*"]), max_size=2),
    "infrastructure_roles_secret_name": words,
    "infrastructure_roles_secrets": st.just([{"secretname": "ns/s", "userkey": "u"}]),
    "minimal_major_version": st.sampled_from(["14", "16"]),
    "node_readiness_label": labels,
    "oauth_token_secret_name": words,
    "password_rotation_interval": numbers,
    "pdb_name_format": st.just("pdb-{cluster}"),
    "pod_antiaffinity_topology_key": st.just("zone"),
    "pod_environment_configmap": words,
    "pod_role_label": st.just("spilo-role"),
    "pod_service_account_definition": st.just('{"kind": "ServiceAccount"}'),
    "pod_service_account_name": words,
    "pod_service_account_role_binding_definition": st.just("kind: RoleBinding"),
    "replication_username": st.just("standby"),
    "secret_name_template": st.just("{username}.{cluster}.credentials"),
    "sidecar_docker_images": st.dictionaries(words, words, max_size=2),
    "sidecars": st.just([{"name": "everywhere", "image": "i"}]),
    "spilo_fsgroup": numbers,
    "spilo_runasgroup": numbers,
    "spilo_runasuser": numbers,
    "super_username": st.just("postgres"),
    "target_major_version": st.sampled_from(["17", "18"]),
    "toleration": st.just({"key": "a", "operator": "Exists"}),
    **{entry.name: durations for entry in entries("object") if entry.plain_type is timedelta},
}


@cache
def _schema(name: str) -> Object:
    definition = postgresqls() if name == "spec" else operatorconfigurations()
    root = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found: Object = root["properties"][name]
    return found


def _leaf(schema: Object) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return quantities if "pattern" in schema else st.integers(1, 9999)
    if schema.get("format") == "uuid":
        return st.just(UID)
    if schema.get("pattern") == MEMORY_PATTERN:
        return st.sampled_from(["0", "1Gi", "1.5Gi", "500M", "1e9", "2147483648"])
    if "pattern" in schema:
        return st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
    if schema["type"] == "integer":
        low, high = schema.get("minimum", 0), schema.get("maximum", 2**31 - 1)
        return st.integers(low, high) | st.integers(low, min(high, 3))
    return st.booleans() if schema["type"] == "boolean" else texts


@st.composite
def valid(draw: st.DrawFn, schema: Object, path: str = "") -> Any:
    """Any value of the schema, with few of its optional fields at a time."""
    own = next((value for name, value in _OURS.items() if f".{path}".endswith(f".{name}")), None)
    if own is not None:
        return draw(own)
    if schema.get("type") == "array":
        return draw(st.lists(valid(schema["items"], f"{path}[]"), max_size=2))
    if "additionalProperties" in schema:
        return draw(st.dictionaries(keys, valid(schema["additionalProperties"], path), max_size=2))
    if "properties" not in schema:
        return {} if schema.get("type") == "object" else draw(_leaf(schema))
    required = schema.get("required", [])
    optional = sorted(schema["properties"].keys() - set(required))
    chosen = draw(st.lists(st.sampled_from(optional or [""]), unique=True, max_size=MOST_FIELDS))
    return {
        name: draw(valid(schema["properties"][name], f"{path}.{name}"))
        for name in (*required, *chosen)
        if name
    }


def _distinct(items: list[Object], prefix: str) -> list[Object]:
    return [{**item, "name": f"{prefix}-{number}"} for number, item in enumerate(items)]


def _possible(spec: Object) -> Object:
    """What single fields can't see: names once only, one origin of the data, a source to follow."""
    made = {**spec}
    for field, prefix in (("sidecars", "side"), ("initContainers", "init")):
        if field in made:
            made[field] = [{**item, "image": "i"} for item in _distinct(made[field], prefix)]
    if "additionalVolumes" in made:
        made["additionalVolumes"] = _distinct(made["additionalVolumes"], "volume")
    if "standby" in made:
        made["standby"] = {"standby_host": "far", **made["standby"]}
        made["standby"].pop("gs_wal_path", None)
        made.pop("clone", None)
    if "clone" in made:
        made["clone"] = {**made["clone"], "cluster": "source"}
    if made.get("maintenanceWindows"):
        made["maintenanceWindows"] = [one for one in made["maintenanceWindows"] if one]
    return made


@cache
def specs() -> st.SearchStrategy[Object]:
    """Valid `spec`s: every field comes up sooner or later."""
    return valid(_schema("spec")).map(lambda spec: _possible({**REQUIRED, **spec}))


def _agreeing(configuration: Object) -> Object:
    """Duration and names that depend on each other."""
    for section in configuration.values():
        if isinstance(section, dict) and section.get("additional_secret_mount"):
            section.setdefault("additional_secret_mount_path", "/mnt")
    return configuration


@cache
def configurations() -> st.SearchStrategy[Object]:
    """Valid `configuration`s of an OperatorConfiguration."""
    return valid(_schema("configuration")).map(_agreeing)
