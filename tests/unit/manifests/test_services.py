from typing import Any

import pytest

from activities.manifests import endpoints, services
from activities.manifests.inputs import PodEnvironment
from tests.unit.manifests import desired
from tests.unit.manifests.inputs import cluster, configuration
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

DNS = "external-dns.alpha.kubernetes.io/hostname"
PORT = {"name": "postgresql", "port": 5432, "targetPort": 5432, "protocol": "TCP"}


def master(of: Postgresql | None = None, under: Configuration | None = None) -> dict[str, Any]:
    return services.master(cluster=of or cluster(), configuration=under or configuration())


def replica(of: Postgresql | None = None, under: Configuration | None = None) -> dict[str, Any]:
    return services.replica(cluster=of or cluster(), configuration=under or configuration())


def spec(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = master(cluster(**fields))["spec"]
    return found


def test_inside_the_cluster_only() -> None:
    selector = {"application": "spilo", "cluster-name": "acid-main", "spilo-role": "master"}
    assert spec() == {"type": "ClusterIP", "ports": [PORT], "selector": selector}


@pytest.mark.parametrize(
    "parameters", [{"kubernetes_use_configmaps": "false"}, {"etcd_host": "etcd:2379"}]
)
def test_where_patroni_writes_endpoints_the_primarys_service_selects_nothing(
    parameters: dict[str, str],
) -> None:
    under = configuration(**parameters)
    assert "selector" not in master(under=under)["spec"]
    assert replica(under=under)["spec"]["selector"]["spilo-role"] == "replica"


def test_a_load_balancer_without_ranges_lets_nobody_in() -> None:
    found = spec(enableMasterLoadBalancer=True)
    assert found["type"] == "LoadBalancer"
    assert found["loadBalancerSourceRanges"] == ["127.0.0.1/32"]
    assert found["externalTrafficPolicy"] == "Cluster"


@pytest.mark.parametrize(
    ("manifest", "operator", "expected"),
    [
        (None, "true", "LoadBalancer"),
        (None, "false", "ClusterIP"),
        (False, "true", "ClusterIP"),
        (True, "false", "LoadBalancer"),
    ],
)
def test_the_manifest_decides_before_the_configuration(
    manifest: bool | None, operator: str, expected: str
) -> None:
    fields: dict[str, Any] = {} if manifest is None else {"enableReplicaLoadBalancer": manifest}
    under = configuration(enable_replica_load_balancer=operator)
    assert replica(cluster(**fields), under)["spec"]["type"] == expected


def test_a_node_port_goes_before_a_load_balancer() -> None:
    found = spec(
        enableMasterNodePort=True, enableMasterLoadBalancer=True, allowedSourceRanges=["10.0.0.0/8"]
    )
    assert (found["type"], found["externalTrafficPolicy"]) == ("NodePort", "Cluster")
    assert "loadBalancerSourceRanges" not in found
    assert found["ports"] == [PORT]


def test_a_chosen_node_port_counts_whoever_switched_node_ports_on() -> None:
    under = configuration(enable_replica_node_port="true", external_traffic_policy="Local")
    found = replica(cluster(replicaNodePort=30123), under)["spec"]
    assert found["ports"] == [{**PORT, "nodePort": 30123}]
    assert found["externalTrafficPolicy"] == "Local"


def test_a_node_port_number_alone_opens_nothing() -> None:
    assert spec(masterNodePort=30123)["ports"] == [PORT]


def test_annotations_from_general_to_special() -> None:
    of = cluster(
        annotations={"inherited": "resource", "a": "resource"},
        serviceAnnotations={"a": "all", "b": "all", "c": "all"},
        masterServiceAnnotations={"a": "master", "b": "master"},
        replicaServiceAnnotations={"a": "replica"},
    )
    under = configuration(
        custom_service_annotations="a:operator,d:operator", inherited_annotations="a,inherited"
    )
    assert master(of, under)["metadata"]["annotations"] == {
        "a": "resource",
        "b": "master",
        "c": "all",
        "d": "operator",
        "inherited": "resource",
    }


def hostname(of: Postgresql, under: Configuration | None = None) -> str:
    found = services.master(cluster=of, configuration=under or configuration())
    return str(found["metadata"]["annotations"][DNS])


BALANCED: dict[str, Any] = {"enableMasterLoadBalancer": True, "enableReplicaLoadBalancer": True}


def test_a_cluster_named_after_its_team_has_two_names() -> None:
    assert hostname(cluster(**BALANCED)) == (
        "acid-main.space.db.example.com,main.acid.db.example.com"
    )


@pytest.mark.parametrize(
    ("name", "team"),
    [("other", "acid"), ("acid-main", ""), ("acidmain", "acid"), ("acid-", "acid")],
)
def test_another_name_is_the_only_one(name: str, team: str) -> None:
    found = hostname(cluster(name=name, team=team, **BALANCED))
    assert found == f"{name}.space.db.example.com"


def test_names_are_lower_case_and_follow_the_templates() -> None:
    under = configuration(
        master_dns_name_format="{cluster}.{team}.{namespace}.{hostedzone}.{unknown}",
        master_legacy_dns_name_format="{cluster}.{namespace}",
        db_hosted_zone="Example.NET",
    )
    assert hostname(cluster(**BALANCED), under) == (
        "acid-main.acid.space.example.net.{unknown},main.{namespace}"
    )


def test_a_name_of_ones_own_is_overwritten_but_only_on_a_load_balancer() -> None:
    own: dict[str, Any] = {"masterServiceAnnotations": {DNS: "mine"}}
    assert hostname(cluster(**own)) == "mine"
    assert hostname(cluster(**own, **BALANCED)).startswith("acid-main.")


def test_endpoints_leave_addresses_to_patroni() -> None:
    under = configuration(kubernetes_use_configmaps="false")
    found = endpoints.master(cluster=cluster(), configuration=under)
    assert found.keys() == {"apiVersion", "kind", "metadata"}
    assert found["metadata"]["labels"]["spilo-role"] == "master"
    other = endpoints.replica(cluster=cluster(), configuration=under)
    assert other["metadata"]["name"] == "acid-main-repl"


@pytest.mark.parametrize(("config_maps", "kinds"), [("true", 0), ("false", 1)])
def test_endpoints_are_there_before_their_service(config_maps: str, kinds: int) -> None:
    objects = desired.objects(
        cluster=cluster(),
        configuration=configuration(kubernetes_use_configmaps=config_maps),
        environment=PodEnvironment(),
    )
    assert [obj["kind"] for obj in objects] == [
        "ServiceAccount",
        "RoleBinding",
        *["Endpoints"] * kinds,
        "Service",
        "Service",
        "PodDisruptionBudget",
        "PodDisruptionBudget",
        "StatefulSet",
    ]
