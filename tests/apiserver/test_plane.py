"""The control plane of these tests itself."""

from tests.apiserver.audit import Audit
from tests.apiserver.kube import ApiError, Kube
from tests.apiserver.plane import Plane


def config_map(namespace: str, name: str = "note") -> dict[str, object]:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


def test_knows_this_projects_resources(kube: Kube) -> None:
    served = kube.call("GET", "apis/acid.zalan.do/v1")["resources"]
    kinds = {resource["kind"] for resource in served}
    assert kinds == {"postgresql", "PostgresOperation", "OperatorConfiguration", "PostgresTeam"}


def test_audit_counts_writes_by_user_and_leaves_reads_out(
    apiserver: Plane, audit: Audit, namespace: str
) -> None:
    kube = apiserver.kube("operator")
    kube.create(config_map(namespace))
    kube.list("ConfigMap", namespace)
    kube.close()
    written = audit.writes(user="operator", namespace=namespace)
    assert [str(write) for write in written] == [f"create configmaps {namespace}/note (201)"]
    assert audit.by_agent()["operator", "test"] == 1


def test_audit_tells_what_came_after_a_moment(kube: Kube, audit: Audit, namespace: str) -> None:
    kube.create(config_map(namespace))
    later = audit.since()
    assert later.writes(user="admin", agent="test") == []
    kube.delete("ConfigMap", namespace, "note")
    assert [write.verb for write in later.writes(user="admin", agent="test")] == ["delete"]


def test_audit_leaves_leases_out_unless_asked(kube: Kube, audit: Audit, namespace: str) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "lock", "namespace": namespace},
    }
    kube.create(lease)
    assert audit.writes(user="admin", namespace=namespace, agent="test") == []
    assert len(audit.writes(user="admin", namespace=namespace, agent="test", leases=True)) == 1


def test_refuses_what_the_schema_forbids(kube: Kube, namespace: str) -> None:
    manifest = {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "postgresql",
        "metadata": {"name": "acid-bad", "namespace": namespace},
        "spec": {
            "teamId": "acid",
            "numberOfInstances": -1,
            "postgresql": {"version": "17"},
            "volume": {"size": "1Gi"},
        },
    }
    try:
        kube.create(manifest)
    except ApiError as error:
        assert error.status == 422
        assert "spec.numberOfInstances" in error.text
    else:
        raise AssertionError("accepted")
