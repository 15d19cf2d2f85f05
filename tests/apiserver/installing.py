"""The operator's account with the rights `deploy/` gives it, in either way of installing it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.apiserver.kube import ApiError, Kube
from tests.apiserver.plane import Plane

DEPLOY = Path(__file__).parents[2] / "deploy" / "kustomize"
NAMESPACE = "postgres-operator"
ROLES = "apis/rbac.authorization.k8s.io/v1"


@dataclass
class Installed:
    """Where the operator's account lies, and what its configuration says besides."""

    namespace: str
    data: Mapping[str, str] = field(default_factory=dict)


Install = Callable[[Kube, str], Installed]


def manifests(*files: str) -> Iterator[dict[str, Any]]:
    for file in files:
        yield from yaml.safe_load_all((DEPLOY / file).read_text())


def for_the_whole_cluster(kube: Kube, namespace: str) -> Installed:
    """As `deploy/kustomize/operator` has it; clusters lie in other namespaces."""
    files = ("operator/namespace.yaml", "operator/rights.yaml", "operator/pod-rights.yaml")
    for manifest in manifests(*files):
        if manifest["kind"] == "ClusterRoleBinding":
            _bind(kube, "clusterrolebindings", manifest)
        else:
            kube.apply(manifest, manager="tests")
    return Installed(NAMESPACE)


def for_one_namespace(kube: Kube, namespace: str) -> Installed:
    """As `deploy/kustomize/operator-namespaced` has it: all of it in the clusters' namespace."""
    account = next(manifests("operator/rights.yaml"))
    for manifest in (account, *manifests("operator-namespaced/rights.yaml")):
        manifest["metadata"]["namespace"] = namespace
        for subject in manifest.get("subjects", []):
            subject["namespace"] = namespace
        if manifest["kind"] == "RoleBinding":
            _bind(kube, f"namespaces/{namespace}/rolebindings", manifest)
        else:
            kube.apply(manifest, manager="tests")
    [settings] = manifests("operator-namespaced/configmap.yaml")
    return Installed(namespace, settings["data"])


def _bind(kube: Kube, where: str, manifest: Mapping[str, Any]) -> None:
    """A binding can't be applied twice; one of another module of the session is as good."""
    try:
        kube.call("POST", f"{ROLES}/{where}", manifest)
    except ApiError as error:
        assert error.status == 409


def let_in(plane: Plane, kube: Kube, *, namespace: str, file: Path) -> Path:
    """Write a kubeconfig of the operator's account in a namespace."""
    where = f"api/v1/namespaces/{namespace}/serviceaccounts/postgres-operator/token"
    answer = kube.call("POST", where, {"spec": {"expirationSeconds": 3600}})
    content = yaml.safe_load(plane.kubeconfig("admin").read_text())
    content["users"][0]["user"] = {"token": answer["status"]["token"]}
    file.write_text(yaml.safe_dump(content))
    return file
