"""All steps with no more rights than the operator is installed with."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.apiserver.kube import ApiError, Kube
from tests.apiserver.operating import NAME, Kubelet, Operator, connected, eventually
from tests.apiserver.plane import Plane
from workflows.model.operations import EventNote, Report
from workflows.model.status import Condition, Word

DEPLOY = Path(__file__).parents[2] / "deploy" / "kustomize" / "operator"
NAMESPACE = "postgres-operator"
ROLES = "apis/rbac.authorization.k8s.io/v1"


@dataclass
class Account:
    """A kubeconfig that lets in as the operator's ServiceAccount."""

    kubeconfig: Path


def manifests() -> Iterator[dict[str, object]]:
    for name in ("namespace.yaml", "rights.yaml", "pod-rights.yaml"):
        yield from yaml.safe_load_all((DEPLOY / name).read_text())


def install(kube: Kube) -> None:
    for manifest in manifests():
        if manifest["kind"] != "ClusterRoleBinding":
            kube.apply(manifest, manager="tests")
            continue
        try:
            kube.call("POST", f"{ROLES}/clusterrolebindings", manifest)
        except ApiError as error:
            assert error.status == 409


@pytest.fixture(scope="module")
def account(apiserver: Plane, kube: Kube, tmp_path_factory: pytest.TempPathFactory) -> Account:
    install(kube)
    where = f"api/v1/namespaces/{NAMESPACE}/serviceaccounts/postgres-operator/token"
    answer = kube.call("POST", where, {"spec": {"expirationSeconds": 3600}})
    content = yaml.safe_load(apiserver.kubeconfig("admin").read_text())
    content["users"][0]["user"] = {"token": answer["status"]["token"]}
    file = tmp_path_factory.mktemp("account") / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return Account(file)


@pytest.mark.parametrize("mode", ["true", "false"])
def test_a_cluster_lives_and_dies_with_the_installed_rights(
    apiserver: Plane, kube: Kube, account: Account, namespace: str, mode: str
) -> None:
    client = connected(account.kubeconfig)
    data = {
        "enable_finalizers": "true",
        "kubernetes_use_configmaps": mode,
        "enable_cross_namespace_secret": "true",
        "irsa_role_arn": "arn:aws:iam::1:role/x",
    }
    operator = Operator(client, kube, namespace, **data)
    operator.create()
    operator.apply_all()
    operator.configure(**data, pod_management_policy="parallel")
    operator.edit(numberOfInstances=1, enableMasterLoadBalancer=False)
    operator.apply_all()
    eventually(lambda: operator.observe().objects == [])
    assert operator.observe().concerns == []
    operator.reporter.report(
        Report(
            ref=operator.ref,
            uid=operator.uid,
            word=Word.RUNNING,
            conditions=[Condition(type="Ready", status="True", reason="Members")],
            events=[EventNote(reason="Create", message="it begins")] * 2,
        )
    )
    events = kube.list("Event", namespace)
    assert [e["count"] for e in events if e["involvedObject"]["kind"] == "postgresql"] == [2]
    uid = operator.uid
    kube.delete("postgresql", namespace, NAME)
    with Kubelet(apiserver.kube("fake-node"), namespace):
        operator.remove_all(uid)
    assert kube.get("postgresql", namespace, NAME) is None
    client.close()
