"""Shapes of Kubernetes' own types inside ours."""

from typing import Any

import pytest

from tests.unit.model.manifests import parsed, refused_paths
from workflows.model.embedded import complaints


def places(kind: str, value: Any) -> list[tuple[int | str, ...]]:
    return [complaint.location for complaint in complaints(kind, value)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Probe", {"httpGet": {"path": "/", "port": 8008}, "periodSeconds": 3}),
        ("Probe", {"httpGet": {"port": "http"}, "somethingNew": 1}),
        ("Probe", {}),
        ("EnvVar", {"name": "A", "value": "b"}),
        ("EnvVar", {"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "x"}}}),
        ("Container", {"name": "a", "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}),
        ("Toleration", {"key": "a", "tolerationSeconds": 2**40}),
        ("LabelSelector", {"matchLabels": {"a": "b"}}),
    ],
)
def test_a_proper_value_is_not_complained_of(kind: str, value: Any) -> None:
    assert places(kind, value) == []


@pytest.mark.parametrize(
    ("kind", "value", "place"),
    [
        ("Probe", "x", ()),
        ("Probe", {"httpGet": {}}, ("httpGet", "port")),
        ("Probe", {"httpGet": {"port": True}}, ("httpGet", "port")),
        ("Probe", {"periodSeconds": "3"}, ("periodSeconds",)),
        ("Probe", {"periodSeconds": 2**31}, ("periodSeconds",)),
        ("Probe", {"exec": {"command": ["a", 1]}}, ("exec", "command", 1)),
        ("EnvVar", {"value": "b"}, ("name",)),
        ("EnvVar", {"name": 1}, ("name",)),
        ("ResourceRequirements", {"limits": {"cpu": "x"}}, ("limits", "cpu")),
        ("Container", {"name": "a", "stdin": "yes"}, ("stdin",)),
        ("LabelSelector", {"matchLabels": {"a": 1}}, ("matchLabels", "a")),
    ],
)
def test_another_shape_is_told_at_its_place(
    kind: str, value: Any, place: tuple[int | str, ...]
) -> None:
    assert places(kind, value) == [place]


def test_all_places_are_told_at_once() -> None:
    term = {"matchExpressions": [{"key": 1, "values": "x"}]}
    value = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term, 5]}}
    required = ("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    assert places("NodeAffinity", value) == [
        (*required, 0, "matchExpressions", 0, "operator"),
        (*required, 0, "matchExpressions", 0, "key"),
        (*required, 0, "matchExpressions", 0, "values"),
        (*required, 1),
    ]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"livenessProbe": {"tcpSocket": {}}}, "spec.livenessProbe.tcpSocket.port"),
        ({"env": [{"name": "A"}, {"value": "b"}]}, "spec.env[1].name"),
        ({"env": ["A=b"]}, "spec.env[0]"),
        ({"envFrom": [{"secretRef": "x"}]}, "spec.envFrom[0].secretRef"),
        ({"tolerations": [{"key": ["a"]}]}, "spec.tolerations[0].key"),
        ({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}, None),
        ({"topologySpreadConstraints": [{}]}, "spec.topologySpreadConstraints[0].maxSkew"),
        ({"initContainers": [{"image": "i"}]}, "spec.initContainers[0].name"),
        ({"sidecars": [{"image": "i", "ports": [{}]}]}, "spec.sidecars[0].ports[0].containerPort"),
        ({"sidecars": [{"image": "i", "env": [{}]}]}, "spec.sidecars[0].env[0].name"),
        ({"volume": {"size": "1Gi", "selector": {"matchLabels": []}}}, None),
    ],
)
def test_a_manifest_names_the_place_inside(spec: dict[str, Any], path: str | None) -> None:
    affinity = "spec.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
    other = affinity if "nodeAffinity" in spec else "spec.volume.selector.matchLabels"
    assert refused_paths(**spec)[0] == (path or other)


def test_what_is_null_is_absent() -> None:
    probe = {"httpGet": {"port": 1, "path": None}, "exec": None}
    assert parsed(livenessProbe=probe).spec.liveness_probe == {"httpGet": {"port": 1}}
