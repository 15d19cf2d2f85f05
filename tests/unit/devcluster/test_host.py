import ipaddress
from typing import Any

import pytest

from tests.devcluster import host
from tests.devcluster.layout import UPLINKS, Refused


def routes_of(monkeypatch: pytest.MonkeyPatch, *routes: dict[str, Any]) -> None:
    monkeypatch.setattr(host, "_used_networks", lambda: host.used_networks(routes))


def test_the_first_small_network_is_taken_on_an_ordinary_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lan = {"dst": "192.168.1.0/24", "dev": "eth0"}
    routes_of(monkeypatch, {"dst": "default", "gateway": "192.168.1.1"}, lan)
    assert host.free_uplink([]) == 0


def test_what_another_instance_or_interface_has_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    routes_of(monkeypatch, {"dst": "10.213.0.4/30", "dev": "other"})
    assert host.free_uplink([0]) == 2


def test_a_wide_network_behind_a_gateway_is_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    routes_of(monkeypatch, {"dst": "10.0.0.0/8", "gateway": "192.168.1.1"})
    assert host.free_uplink([]) == 0


def test_an_attached_network_over_the_whole_range_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    routes_of(monkeypatch, {"dst": "10.213.0.0/16", "dev": "eth0"})
    with pytest.raises(Refused, match="in use on this host"):
        host.free_uplink([])


def test_a_full_range_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    routes_of(monkeypatch)
    with pytest.raises(Refused, match="all 64"):
        host.free_uplink(range(UPLINKS))


def test_a_single_address_is_a_network_of_one() -> None:
    networks = host.used_networks([{"dst": "10.213.0.1", "dev": "lo"}, {"dst": "broken"}])
    assert networks == [ipaddress.ip_network("10.213.0.1/32")]
