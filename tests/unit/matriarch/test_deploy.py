from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from matriarch.workers import GRACE
from watcher.selection import CHILDREN, CONFIGURATIONS, PODS, POSTGRESQLS, TEAMS, Resource
from workflows.model.configuration import Configuration, notices

FOLDER = Path(__file__).parents[3] / "deploy" / "kustomize" / "operator"

Rights = set[tuple[str, str, str]]


def manifests() -> Iterator[dict[str, Any]]:
    for file in sorted(FOLDER.glob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text())


def found(kind: str, name: str = "postgres-operator") -> dict[str, Any]:
    [manifest] = [
        each for each in manifests() if each["kind"] == kind and each["metadata"]["name"] == name
    ]
    return manifest


def rights(role: Mapping[str, Any]) -> Rights:
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def container() -> dict[str, Any]:
    [only] = found("Deployment")["spec"]["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def test_every_file_is_part_of_the_kustomization() -> None:
    named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    files = {file.name for file in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(named) == files | {"../../crds"}


def test_the_operator_may_bind_the_role_of_pods() -> None:
    assert rights(found("ClusterRole", "postgres-pod")) <= rights(found("ClusterRole"))


@pytest.mark.parametrize("resource", [POSTGRESQLS, PODS, TEAMS, CONFIGURATIONS, *CHILDREN])
def test_the_operator_may_watch_what_it_follows(resource: Resource) -> None:
    group = resource.group.removeprefix("apis/").removesuffix("/v1")
    group = "" if group == "api" else group
    needed = {(group, resource.plural, verb) for verb in ("list", "watch")}
    assert needed <= rights(found("ClusterRole"))


@pytest.mark.parametrize("resource", ["postgresqls", "postgresqls/status"])
def test_the_operator_never_makes_or_deletes_clusters(resource: str) -> None:
    verbs = {verb for _, what, verb in rights(found("ClusterRole")) if what == resource}
    assert verbs & {"create", "delete", "deletecollection", "*"} == set()


def test_people_get_rights_by_kubernetes_own_roles() -> None:
    for word in ("admin", "edit", "view"):
        role = found("ClusterRole", f"zalando-postgres-operator:users:{word}")
        label = f"rbac.authorization.k8s.io/aggregate-to-{word}"
        assert role["metadata"]["labels"] == {label: "true"}


def in_one_namespace(name: str) -> Rights:
    """Rights of a Role of the installation that has none in the whole cluster."""
    text = (FOLDER.parent / "operator-namespaced" / "rights.yaml").read_text()
    roles = [each for each in yaml.safe_load_all(text) if each["kind"] == "Role"]
    [role] = [each for each in roles if each["metadata"]["name"] == name]
    return rights(role)


def test_in_one_namespace_the_rights_are_the_same_but_for_what_lies_in_none() -> None:
    everywhere = rights(found("ClusterRole"))
    lacking = {what for _, what, _ in everywhere - in_one_namespace("postgres-operator")}
    in_none = {"customresourcedefinitions", "namespaces", "nodes", "persistentvolumes"}
    assert lacking == in_none | {"volumeattributesclasses"}
    assert in_one_namespace("postgres-operator") <= everywhere
    assert in_one_namespace("postgres-pod") == rights(found("ClusterRole", "postgres-pod"))


def test_the_configuration_for_one_namespace_tries_nothing_that_is_not_allowed() -> None:
    text = (FOLDER.parent / "operator-namespaced" / "configmap.yaml").read_text()
    data = found("ConfigMap")["data"] | yaml.safe_load(text)["data"]
    configuration = Configuration.from_config_map(data, operator_namespace="ops")
    assert configuration.watched_namespace == ""
    assert not configuration.enable_crd_registration
    binding = yaml.safe_load(configuration.pod_service_account_role_binding_definition)
    assert binding["roleRef"]["kind"] == "Role"


def test_the_configuration_can_be_read_and_has_no_odd_keys() -> None:
    data = found("ConfigMap")["data"]
    configuration = Configuration.from_config_map(data, operator_namespace="postgres-operator")
    assert configuration.watched_namespace == "*"
    assert not configuration.enable_master_load_balancer
    assert notices(data) == []


def test_the_deployment_is_as_locked_down_as_it_can_be() -> None:
    pod = found("Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_pod_may_end_later_than_its_steps() -> None:
    seconds = found("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert seconds >= GRACE.total_seconds() + 20


def test_deployment_and_service_meet_at_the_label_of_zalandos() -> None:
    deployment = found("Deployment")["spec"]
    label = {"name": "postgres-operator"}
    assert deployment["selector"]["matchLabels"] == label
    assert deployment["template"]["metadata"]["labels"] == label
    assert found("Service")["spec"]["selector"] == label


def test_the_probes_ask_the_api_port() -> None:
    assert container()["ports"] == [{"name": "http", "containerPort": 8080}]
    assert container()["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert container()["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "http"}
