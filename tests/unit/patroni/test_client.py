"""What is understood of Patroni's answers."""

import socket
from collections.abc import Iterator

import pytest

from activities.patroni.client import PatroniClient
from tests.unit.patroni.rest import Rest, recorded
from workflows.model.errors import Unavailable
from workflows.model.members import MemberSeen

ADDRESS = "127.0.0.1"


@pytest.fixture
def rest() -> Iterator[Rest]:
    server = Rest()
    yield server
    server.close()


@pytest.fixture
def client(rest: Rest) -> PatroniClient:
    return PatroniClient(port=rest.port, seconds=2.0)


def test_members_that_stream_are_seen_with_timeline_and_lag(
    rest: Rest, client: PatroniClient
) -> None:
    rest.says("/cluster", recorded("cluster-streaming"))

    assert [member.seen for member in client.cluster(ADDRESS)] == [
        MemberSeen(name="acid-test-0", role="leader", state="running", timeline=1),
        MemberSeen(name="acid-test-1", role="replica", state="streaming", timeline=1, lag_bytes=0),
    ]


def test_an_unknown_lag_is_no_number(rest: Rest, client: PatroniClient) -> None:
    rest.says("/cluster", recorded("cluster-copying"))

    assert client.cluster(ADDRESS)[1].seen == MemberSeen(
        name="acid-test-1", role="replica", state="creating replica"
    )


def test_members_come_by_name_with_address_tags_and_pending_restart(
    rest: Rest, client: PatroniClient
) -> None:
    replica = {
        "name": "a-1",
        "role": "replica",
        "state": "streaming",
        "host": "10.0.0.2",
        "tags": {"replicatefrom": "a-0"},
        "pending_restart": True,
    }
    leader = {"name": "a-0", "role": "standby_leader", "state": "running", "host": "10.0.0.1"}
    rest.says("/cluster", {"members": [replica, leader]})

    first, second = client.cluster(ADDRESS)

    assert (first.seen.name, first.is_leader, first.host, first.tags) == (
        "a-0",
        True,
        "10.0.0.1",
        {},
    )
    assert (second.is_leader, second.tags) == (False, {"replicatefrom": "a-0"})
    assert second.seen.pending_restart


@pytest.mark.parametrize(("status", "leads"), [(200, True), (503, False)])
def test_who_leads_is_told_by_the_status(
    rest: Rest, client: PatroniClient, status: int, leads: bool
) -> None:
    rest.says("/primary", recorded("patroni-primary"), status=status)
    rest.says("/leader", {}, status=200 if status == 503 else 503)

    assert client.leads(ADDRESS) is leads
    assert client.leads(ADDRESS, standby=True) is not leads


def test_a_member_tells_its_state_even_with_another_status(
    rest: Rest, client: PatroniClient
) -> None:
    rest.says("/patroni", recorded("patroni-initializing"), status=503)

    assert client.patroni(ADDRESS)["state"] == "initializing new cluster"


def test_the_dynamic_configuration_is_read_whole(rest: Rest, client: PatroniClient) -> None:
    rest.says("/config", recorded("config"))

    assert client.config(ADDRESS) == recorded("config")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1]", b'{"members": 7}'])
def test_an_answer_of_another_shape_has_no_members(
    rest: Rest, client: PatroniClient, body: bytes
) -> None:
    rest.says("/cluster", body)
    if body == b"<html>":
        with pytest.raises(Unavailable, match="does not answer /cluster"):
            client.cluster(ADDRESS)
    else:
        assert client.cluster(ADDRESS) == []


@pytest.mark.parametrize("path", ["cluster", "config"])
def test_a_status_that_is_no_answer_is_unavailable(
    rest: Rest, client: PatroniClient, path: str
) -> None:
    with pytest.raises(Unavailable, match=f"answers /{path} with 503"):
        getattr(client, path)(ADDRESS)


def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind((ADDRESS, 0))
        client = PatroniClient(port=unused.getsockname()[1])

        with pytest.raises(Unavailable, match="Connection refused"):
            client.cluster(ADDRESS)


def test_a_member_that_hangs_is_given_up() -> None:
    with socket.create_server((ADDRESS, 0)) as silent:
        client = PatroniClient(port=silent.getsockname()[1], seconds=0.1)

        with pytest.raises(Unavailable, match="timed out"):
            client.cluster(ADDRESS)
