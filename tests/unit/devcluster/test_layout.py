import ipaddress
from pathlib import Path

import pytest

from tests.devcluster.layout import (
    MOST_NODES,
    NODE_NETWORK,
    POD_RANGE,
    UPLINK_RANGE,
    UPLINKS,
    Layout,
    Node,
    Refused,
    Uplink,
)


def test_two_checkouts_have_nothing_in_common() -> None:
    here, there = Layout.of(checkout=Path("/a")), Layout.of(checkout=Path("/b"))
    assert {here.home, here.cgroup, here.interface}.isdisjoint(
        {there.home, there.cgroup, there.interface}
    )


def test_a_name_gives_the_same_checkout_a_second_platform() -> None:
    assert Layout.of(name="second").identity != Layout.of().identity


def test_the_host_interface_name_fits_the_kernels_15_characters() -> None:
    assert len(Layout.of().interface) <= 15


def test_every_uplink_is_a_network_of_its_own_with_both_ends_in_it() -> None:
    subnets = [ipaddress.ip_network(Uplink(index).subnet) for index in range(UPLINKS)]
    whole = ipaddress.ip_network(UPLINK_RANGE)
    assert list(whole.subnets(new_prefix=30)) == subnets
    for index, subnet in enumerate(subnets):
        ends = {Uplink(index).outside, Uplink(index).inside}
        assert ends == {str(host) for host in subnet.hosts()}


def test_every_node_has_addresses_of_its_own_within_the_ranges() -> None:
    nodes = [Node(f"n{index}", index) for index in range(MOST_NODES)]
    assert len({node.address for node in nodes}) == len({node.pods for node in nodes}) == MOST_NODES
    for node in nodes:
        assert ipaddress.ip_address(node.address) in ipaddress.ip_network(NODE_NETWORK)
        assert ipaddress.ip_network(node.pods).subnet_of(ipaddress.ip_network(POD_RANGE))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a/b", "../x", "a b", "a" * 41])
def test_a_node_name_that_would_not_do_as_a_host_or_folder_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="cannot be a node's name"):
        Node(name, 0)


def test_there_is_a_last_node() -> None:
    with pytest.raises(Refused, match="at most"):
        Node("one-too-many", MOST_NODES)
