"""All steps with no more rights than the operator is installed with, in either way."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kubernetes import client, config

from tests.apiserver.installing import Install, for_one_namespace, for_the_whole_cluster, let_in
from tests.apiserver.kube import Kube
from tests.apiserver.operating import NAME, Kubelet, Operator, connected, eventually
from tests.apiserver.plane import Plane
from watcher.api import Api
from watcher.selection import CHILDREN, METADATA_LIST, POSTGRESQLS, path_of
from workflows.model.errors import Forbidden, NotYet
from workflows.model.orders import RenewalOrder
from workflows.model.report import EventNote, Report
from workflows.model.status import Condition, Word

BOTH = [for_the_whole_cluster, for_one_namespace]
Account = Callable[[str], Path]


@pytest.fixture
def account(apiserver: Plane, kube: Kube, tmp_path: Path) -> Account:
    """A kubeconfig of the operator's account in a namespace."""
    return lambda namespace: let_in(
        apiserver, kube, namespace=namespace, file=tmp_path / "kubeconfig"
    )


def watching(kubeconfig: Path) -> Api:
    """What the watcher asks with."""
    configuration = client.Configuration()
    config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    return Api(configuration)


@pytest.mark.parametrize("install", BOTH)
@pytest.mark.parametrize("mode", ["true", "false"])
def test_a_cluster_lives_and_dies_with_the_installed_rights(
    apiserver: Plane,
    kube: Kube,
    account: Account,
    namespace: str,
    streams: None,
    install: Install,
    mode: str,
) -> None:
    installed = install(kube, namespace)
    steps = connected(account(installed.namespace))
    data = {
        **installed.data,
        "enable_finalizers": "true",
        "kubernetes_use_configmaps": mode,
        "enable_cross_namespace_secret": "true",
        "irsa_role_arn": "arn:aws:iam::1:role/x",
    }
    operator = Operator(steps, kube, namespace, **data)
    features: dict[str, object] = {
        "enableConnectionPooler": True,
        "enableReplicaConnectionPooler": True,
        "enableLogicalBackup": True,
        "streams": [
            {"applicationId": "shop", "database": "app", "tables": {"t": {"eventType": "e"}}}
        ],
    }
    operator.create(**features)
    operator.apply_all()
    operator.configure(
        **data, pod_management_policy="parallel", logical_backup_schedule="1 1 * * *"
    )
    operator.edit(
        numberOfInstances=1,
        enableMasterLoadBalancer=False,
        enableReplicaConnectionPooler=None,
        connectionPooler={"numberOfInstances": 3},
        streams=[],
        podAnnotations={"scrape": "yes"},
    )
    operator.apply_all()
    operator.edit(enableConnectionPooler=False, enableLogicalBackup=False)
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
    steps.close()


@pytest.mark.parametrize("install", BOTH)
def test_what_is_made_for_clusters_can_be_watched(
    kube: Kube, account: Account, namespace: str, install: Install
) -> None:
    api = watching(account(install(kube, namespace).namespace))
    for resource in (POSTGRESQLS, *CHILDREN):
        api.get(path_of(resource, namespace), accept=METADATA_LIST, limit="1")
    api.close()


def test_rights_in_one_namespace_end_there(kube: Kube, account: Account, namespace: str) -> None:
    api = watching(account(for_one_namespace(kube, namespace).namespace))
    for elsewhere in ("default", None):
        with pytest.raises(Forbidden):
            api.get(path_of(POSTGRESQLS, elsewhere))
    api.close()


@pytest.mark.parametrize("install", BOTH)
def test_a_pod_is_made_anew_from_the_newest_template_with_the_installed_rights(
    apiserver: Plane,
    kube: Kube,
    account: Account,
    namespace: str,
    install: Install,
) -> None:
    steps = connected(account(install(kube, namespace).namespace))
    operator = Operator(steps, kube, namespace)
    operator.create(numberOfInstances=1)
    operator.apply_all()
    eventually(lambda: kube.get("Pod", namespace, f"{NAME}-0"))
    operator.edit(env=[{"name": "NEW", "value": "1"}])
    operator.apply_all()
    (old,) = eventually(lambda: operator.observe().stale)
    order = RenewalOrder(
        ref=operator.ref, uid=operator.uid, pod=old.name, pod_uid=old.uid, deadline_seconds=5.0
    )
    with Kubelet(apiserver.kube("fake-node"), namespace), pytest.raises(NotYet, match=old.name):
        operator.steps.renew_pod(order)  # it is made, and no node is there to run it
    (new,) = operator.observe().pods
    assert (new.name, new.stale, new.uid != old.uid) == (old.name, "", True)
    steps.close()
