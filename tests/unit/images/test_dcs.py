"""Where Patroni keeps the cluster's state."""

from typing import Any

import pytest

from deploy.images.database.appliance import dcs

POD = {
    "DCS_ENABLE_KUBERNETES_API": "true",
    "KUBERNETES_SCOPE_LABEL": "cluster-name",
    "KUBERNETES_ROLE_LABEL": "spilo-role",
    "KUBERNETES_LABELS": '{"application":"spilo"}',
    "KUBERNETES_SERVICE_HOST": "10.96.0.1",
    "KUBERNETES_PORT_443_TCP": "tcp://10.96.0.1:443",
    "POD_NAMESPACE": "team",
    "POD_IP": "10.244.1.5",
}


def kubernetes(**more: str) -> dict[str, Any]:
    section: dict[str, Any] = dcs.section(POD | more)["kubernetes"]
    return section


def test_kubernetes_gets_labels_and_namespace_of_the_pod() -> None:
    section = kubernetes()
    assert section["scope_label"] == "cluster-name"
    assert section["labels"] == {"application": "spilo"}
    assert section["namespace"] == "team"


def test_the_leader_is_called_master() -> None:
    section = kubernetes()
    assert section["leader_label_value"] == section["standby_leader_label_value"] == "master"


def test_service_discovery_is_no_configuration() -> None:
    assert not {"service_host", "port_443_tcp"} & set(kubernetes())


def test_endpoints_are_used_unless_config_maps_are_asked_for() -> None:
    section = kubernetes()
    assert section["use_endpoints"] is True
    assert section["pod_ip"] == "10.244.1.5"
    assert section["ports"] == [{"port": 5432, "name": "postgresql"}]


def test_config_maps_need_no_address() -> None:
    section = kubernetes(KUBERNETES_USE_CONFIGMAPS="true")
    assert not {"use_endpoints", "use_configmaps", "pod_ip", "ports"} & set(section)


def test_bootstrap_labels_are_read_from_json() -> None:
    section = kubernetes(KUBERNETES_BOOTSTRAP_LABELS='{"critical-operation":"true"}')
    assert section["bootstrap_labels"] == {"critical-operation": "true"}


@pytest.mark.parametrize("text", ["{", "[1]", '"x"'])
def test_broken_labels_fall_back_to_the_default(text: str) -> None:
    assert kubernetes(KUBERNETES_LABELS=text)["labels"] == {"application": "spilo"}


def test_the_api_servers_are_asked_directly_unless_told_otherwise() -> None:
    assert kubernetes()["bypass_api_service"] is True
    assert kubernetes(KUBERNETES_BYPASS_API_SERVICE="false")["bypass_api_service"] is False


def test_another_kubernetes_variable_lands_in_the_section() -> None:
    assert kubernetes(KUBERNETES_RETRIABLE_HTTP_CODES="500,503")["retriable_http_codes"]


def test_etcd_is_found_by_its_prefix() -> None:
    assert dcs.section({"ETCD_HOST": "etcd.test:2379", "ETCD_CACERT": "/ca"}) == {
        "etcd": {"host": "etcd.test:2379", "cacert": "/ca"}
    }


@pytest.mark.parametrize("hosts", ["a:2379,b:2379", "['a:2379', 'b:2379']"])
def test_hosts_may_be_a_list_or_separated_by_commas(hosts: str) -> None:
    assert dcs.section({"ETCD3_HOSTS": hosts})["etcd3"]["hosts"] == ["a:2379", "b:2379"]


def test_a_discovery_domain_is_a_service_record() -> None:
    assert dcs.section({"ETCD_DISCOVERY_DOMAIN": "x.test"}) == {"etcd": {"srv": "x.test"}}


def test_without_a_store_there_is_no_section() -> None:
    assert dcs.section({}) == {}
