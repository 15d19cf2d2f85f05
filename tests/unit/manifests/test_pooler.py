import base64
from typing import Any

import pytest

from activities.manifests import pooler, pooler_deployment, pooler_secret, pooler_service
from tests.unit.manifests.inputs import Object, cluster, configuration
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql


def deployment(
    of: Postgresql | None = None,
    under: Configuration | None = None,
    *,
    role: Role = Role.MASTER,
    infrastructure: tuple[str, ...] = (),
) -> Object:
    return pooler_deployment.build(
        cluster=of or cluster(),
        configuration=under or configuration(),
        role=role,
        infrastructure=infrastructure,
    )


def pod(of: Postgresql | None = None, under: Configuration | None = None) -> Object:
    spec: Object = deployment(of, under)["spec"]["template"]["spec"]
    return spec


def variables(found: Object) -> dict[str, Any]:
    entries = found["spec"]["template"]["spec"]["containers"][0]["env"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in entries}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, (False, False)),
        ({"connectionPooler": {}}, (True, False)),
        ({"enableConnectionPooler": False, "connectionPooler": {}}, (False, False)),
        ({"enableConnectionPooler": True}, (True, False)),
        ({"enableReplicaConnectionPooler": True}, (False, True)),
        ({"enableReplicaConnectionPooler": True, "connectionPooler": {}}, (True, True)),
    ],
)
def test_switches(spec: dict[str, Any], wanted: tuple[bool, bool]) -> None:
    of = cluster(**spec)
    assert tuple(pooler.wanted(of, role) for role in Role) == wanted


@pytest.mark.parametrize(
    ("asked", "user"),
    [(None, "pooler"), ("own", "own"), ("postgres", "pooler"), ("admin", "pooler")],
)
def test_the_poolers_role_is_never_a_powerful_one(asked: str | None, user: str) -> None:
    of = cluster(connectionPooler={"user": asked} if asked else {})
    assert pooler.user(of, configuration()) == user
    secret = f"{user}.acid-main.credentials.postgresql.acid.zalan.do"
    assert variables(deployment(of))["PGPASSWORD"]["secretKeyRef"]["name"] == secret


@pytest.mark.parametrize(
    ("section", "sizes"),
    [
        ({}, ("30", "15", "7", "7")),
        ({"numberOfInstances": 3, "maxDBConnections": 100}, ("33", "16", "8", "8")),
        ({"numberOfInstances": 1, "maxDBConnections": 1}, ("1", "0", "0", "0")),
    ],
)
def test_all_pods_share_the_server_connections(
    section: dict[str, int], sizes: tuple[str, ...]
) -> None:
    found = variables(deployment(cluster(connectionPooler=section)))
    names = ("MAX_DB_CONN", "DEFAULT_SIZE", "MIN_SIZE", "RESERVE_SIZE")
    assert tuple(found[f"CONNECTION_POOLER_{name}"] for name in names) == sizes


def test_the_section_goes_before_the_configuration() -> None:
    section = {
        "schema": "own",
        "mode": "session",
        "dockerImage": "own:1",
        "resources": {"limits": {"cpu": "2"}},
    }
    under = configuration(
        connection_pooler_default_cpu_limit="1",
        connection_pooler_default_memory_request="100Mi",
        default_cpu_request="9",
    )
    found = deployment(cluster(connectionPooler=section), under)
    container = found["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "own:1"
    assert container["resources"] == {"requests": {"memory": "100Mi"}, "limits": {"cpu": "2"}}
    assert variables(found)["PGSCHEMA"] == "own"
    assert variables(found)["CONNECTION_POOLER_MODE"] == "session"


def test_to_the_replicas() -> None:
    found = deployment(role=Role.REPLICA)
    assert found["metadata"]["name"] == "acid-main-pooler-repl"
    assert found["metadata"]["labels"]["spilo-role"] == "replica"
    assert "spilo-role" not in found["spec"]["selector"]["matchLabels"]
    assert variables(found)["PGHOST"] == "acid-main-repl"


def test_infrastructure_roles_stand_in_a_fixed_order() -> None:
    found = deployment(infrastructure=("b", "a"))
    assert variables(found)["INFRASTRUCTURE_ROLES"] == "a,b"
    assert "INFRASTRUCTURE_ROLES" not in variables(deployment())


def test_certificates_of_ones_own() -> None:
    of = cluster(tls={"secretName": "cert", "caFile": "ca.crt", "caSecretName": "ca"})
    found = variables(deployment(of))
    assert list(found.items())[-3:] == [
        ("CONNECTION_POOLER_CLIENT_TLS_CRT", "/tls/tls.crt"),
        ("CONNECTION_POOLER_CLIENT_TLS_KEY", "/tls/tls.key"),
        ("CONNECTION_POOLER_CLIENT_CA_FILE", "/tlsca/ca.crt"),
    ]
    assert [volume["name"] for volume in pod(of)["volumes"]] == ["acid-main-pooler-u", "cert", "ca"]
    mounts = pod(of)["containers"][0]["volumeMounts"]
    assert [mount["mountPath"] for mount in mounts[1:]] == ["/tls", "/tlsca"]


def test_placement_and_security() -> None:
    of = cluster(spiloFSGroup=103, podAnnotations={"a": "b"}, schedulerName="own")
    under = configuration(
        enable_pod_antiaffinity="true", kube_iam_role="cloud", toleration="key:k,operator:Exists"
    )
    found = deployment(of, under)["spec"]["template"]
    spec = found["spec"]
    assert spec["securityContext"] == {"runAsUser": 100, "runAsGroup": 101, "fsGroup": 103}
    assert spec["tolerations"] == [{"key": "k", "operator": "Exists"}]
    assert found["metadata"]["annotations"] == {"a": "b"}
    assert "schedulerName" not in spec
    (term,) = spec["affinity"]["podAntiAffinity"].popitem()[1]
    assert term["labelSelector"]["matchLabels"] == {
        "application": "db-connection-pooler",
        "cluster-name": "acid-main",
        "connection-pooler": "acid-main-pooler",
    }


def service(role: Role = Role.MASTER, **spec: Any) -> Object:
    under = configuration()
    return pooler_service.build(cluster=cluster(**spec), configuration=under, role=role)


def test_its_service_selects_by_the_pooler_alone() -> None:
    assert service()["spec"] == {
        "type": "ClusterIP",
        "ports": [
            {"name": "acid-main-pooler", "port": 5432, "targetPort": 5432, "protocol": "TCP"}
        ],
        "selector": {"connection-pooler": "acid-main-pooler"},
    }


def test_its_load_balancer_has_one_name() -> None:
    spec = {"enableMasterPoolerLoadBalancer": True, "enableReplicaPoolerLoadBalancer": True}
    marks = [service(role, **spec)["metadata"]["annotations"] for role in Role]
    assert [mark["external-dns.alpha.kubernetes.io/hostname"] for mark in marks] == [
        "acid-main-pooler.space.db.example.com",
        "acid-main-pooler-repl.space.db.example.com",
    ]


def test_its_node_port() -> None:
    spec = {"enableReplicaPoolerNodePort": True, "replicaPoolerNodePort": 30007}
    found = service(Role.REPLICA, **spec)["spec"]
    assert (found["type"], found["ports"][0]["nodePort"]) == ("NodePort", 30007)


def test_its_list_of_users_is_sorted_and_quoted() -> None:
    found = pooler_secret.build(
        cluster=cluster(),
        configuration=configuration(),
        role=Role.MASTER,
        password="pw",
        infrastructure={"z": "1", "a": 'say "x"'},
    )
    assert found["metadata"]["name"] == "acid-main-pooler-u"
    assert base64.b64decode(found["data"]["userlist.txt"]).decode() == (
        '"pooler" "pw"\n"a" "say ""x"""\n"z" "1"\n'
    )


# ------------------------------------------------------------------------------- list of users


def users(live: Any = None, *, password: str = "one", now: str = "noon") -> dict[str, Any]:
    return pooler_secret.build(
        cluster=cluster(enableConnectionPooler=True),
        configuration=configuration(),
        role=Role.MASTER,
        password=password,
        infrastructure={"robot": "two"},
        live=live,
        now=now,
    )


def test_a_new_list_bears_no_time() -> None:
    assert "annotations" not in users()["metadata"]


def test_a_list_that_becomes_another_one_tells_when_and_keeps_telling() -> None:
    changed = users(users(), password="three")
    assert pooler_secret.changed(changed) == "noon"
    assert users(changed, password="three", now="later") == changed


def test_a_list_in_another_order_stays_as_it_is() -> None:
    lines = base64.b64decode(users()["data"]["userlist.txt"]).splitlines(keepends=True)
    other = {"userlist.txt": base64.b64encode(b"".join(reversed(lines))).decode()}
    live = {**users(), "data": other}
    assert users(live) == live


def test_the_time_is_in_the_template_of_the_pods() -> None:
    deployment = pooler_deployment.build(
        cluster=cluster(podAnnotations={"a": "b"}),
        configuration=configuration(),
        role=Role.MASTER,
        users_changed="noon",
    )
    annotations = deployment["spec"]["template"]["metadata"]["annotations"]
    assert annotations == {"a": "b", "matriarch.dev/pooler-users-changed": "noon"}
