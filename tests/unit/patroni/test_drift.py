"""What one look at Patroni finds."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from activities.patroni.client import PatroniClient
from activities.patroni.drift import PAUSED, PatroniDrift, PatroniOutlook
from tests.unit.patroni.fake import ADDRESSES, Patroni, answering
from tests.unit.patroni.test_differences import cluster
from tests.unit.sql_server.world import NAME
from workflows.model.configuration import Configuration
from workflows.model.observation import PatroniSeen
from workflows.model.postgresql import Postgresql

PRIMARY, REPLICA = f"{NAME}-0", f"{NAME}-1"
SLOT = {"type": "physical"}


@pytest.fixture
def patroni() -> Patroni:
    return Patroni()


@pytest.fixture
def port(patroni: Patroni) -> Iterator[int]:
    with answering(patroni) as port:
        yield port


def look(
    port: int, asked: Postgresql | None, *, published: Sequence[str] = (), **status: Any
) -> PatroniOutlook:
    drift = PatroniDrift(PatroniClient(port=port, seconds=2.0))
    configuration = Configuration.from_config_map({}, operator_namespace="operators")
    return drift.look(
        addresses=ADDRESSES[:2],
        cluster=asked,
        configuration=configuration,
        status=status,
        published=published,
    )


def test_a_cluster_as_it_should_be_leaves_only_what_to_remember(port: int) -> None:
    outlook = look(port, cluster())

    assert [member.name for member in outlook.members] == [PRIMARY, REPLICA]
    assert outlook.seen == PatroniSeen(standby="")
    assert outlook.concerns == []


def test_what_differs_is_told_in_sentences(port: int) -> None:
    seen = look(port, cluster({"work_mem": "1MB"}, patroni={"ttl": 40})).seen

    assert seen.changes == ["ttl is 30, not 40", "work_mem is not set, not 1MB"]


def test_a_member_that_waits_for_a_restart_for_the_manifests_sake(
    patroni: Patroni, port: int
) -> None:
    patroni.patch({"postgresql": {"parameters": {"max_connections": "50"}}})

    outlook = look(port, cluster({"max_connections": "50"}))

    assert outlook.seen.restarts == [
        f"{PRIMARY} waits for a restart: max_connections 100 -> 50",
        f"{REPLICA} waits for a restart: max_connections 100 -> 50",
    ]
    assert outlook.concerns == []


def test_where_restarts_are_approved_those_are_seen_whom_the_others_do_not_know_of(
    patroni: Patroni, port: int
) -> None:
    patroni.unheard = {REPLICA}
    patroni.patch({"postgresql": {"parameters": {"max_connections": "50"}}})

    approved = look(port, cluster({"max_connections": "50"}, operationsToApprove=["restart"]))

    assert len(approved.seen.restarts) == 2
    assert [member.pending_restart for member in approved.members] == [True, True]
    assert len(look(port, cluster({"max_connections": "50"})).seen.restarts) == 1


def test_a_restart_for_what_was_changed_by_hand_is_left_to_a_person(
    patroni: Patroni, port: int
) -> None:
    patroni.patch({"postgresql": {"parameters": {"max_connections": "50"}}})

    outlook = look(port, cluster())

    assert outlook.seen.restarts == []
    assert outlook.concerns[0].startswith(
        f"{PRIMARY} waits for a restart: max_connections 100 -> 50; the manifest does not ask"
    )


def test_an_older_patroni_that_gives_no_reason_is_taken_to_wait_for_the_manifest(
    patroni: Patroni, port: int
) -> None:
    patroni.reasons = False
    patroni.patch({"postgresql": {"parameters": {"max_connections": "50"}}})

    assert look(port, cluster()).seen.restarts == [
        f"{PRIMARY} waits for a restart",
        f"{REPLICA} waits for a restart",
    ]


def test_while_patroni_is_paused_restarts_and_promotions_are_held(
    patroni: Patroni, port: int
) -> None:
    patroni.paused = True
    patroni.patch({"postgresql": {"parameters": {"max_connections": "50"}}})
    patroni.config["standby_cluster"] = {"host": "a"}

    outlook = look(port, cluster({"max_connections": "50"}, patroni={"ttl": 40}), standby="a")

    assert (outlook.seen.changes, outlook.seen.restarts) == (["ttl is 30, not 40"], [])
    assert outlook.seen.held[0] == "it is to be promoted, spec.standby was removed"
    assert len(outlook.seen.held) == 3
    assert outlook.seen.standby == "a"
    assert outlook.concerns == [PAUSED]


@pytest.mark.parametrize(
    ("status", "live", "remembered", "new"),
    [
        ({}, {}, ["wanted"], True),
        ({"slots": ["wanted"]}, {}, ["wanted"], False),
        ({"slots": ["old"]}, {"old": SLOT}, ["old", "wanted"], True),
        ({"slots": ["old", "wanted"]}, {"wanted": SLOT}, ["wanted"], False),
        ({"slots": ["wanted"]}, {"by_hand": SLOT}, ["wanted"], False),
    ],
)
def test_slots_are_remembered_until_they_are_seen_to_be_gone(
    patroni: Patroni,
    port: int,
    status: dict[str, Any],
    live: dict[str, Any],
    remembered: list[str],
    new: bool,
) -> None:
    patroni.config["slots"] = live

    seen = look(port, cluster(patroni={"slots": {"wanted": SLOT}}), **status).seen

    assert (seen.slots, seen.new_slots) == (remembered, new)


def test_a_slot_that_left_the_manifest_is_to_be_removed(patroni: Patroni, port: int) -> None:
    patroni.config["slots"] = {"old": SLOT, "by_hand": SLOT}

    seen = look(port, cluster(), slots=["old"]).seen

    assert seen.changes == ["slot old is to be removed"]
    assert seen.slots == ["old"]


def test_the_slot_of_an_event_stream_waits_for_its_publication(patroni: Patroni, port: int) -> None:
    patroni.config["postgresql"] = {"parameters": {"wal_level": "logical"}}
    table = {"t": {"eventType": "e"}}
    asked = cluster(streams=[{"applicationId": "my-app", "database": "db", "tables": table}])

    early, later = look(port, asked).seen, look(port, asked, published=["fes_db_my_app"]).seen

    assert (early.slots, early.changes) == (None, [])
    assert (later.slots, later.new_slots) == (["fes_db_my_app"], True)
    assert later.changes == ["slot fes_db_my_app is missing"]
    left = look(port, cluster(), slots=["fes_db_my_app"]).seen
    assert left.changes == []  # it was never made


def test_what_the_section_names_is_remembered_once_it_is_in_force(
    patroni: Patroni, port: int
) -> None:
    asked = cluster(standby={"standby_host": "a"})

    assert look(port, asked, standby="").seen.standby == ""
    patroni.config["standby_cluster"] = {"host": "a"}
    assert look(port, asked, standby="a").seen == PatroniSeen(standby="a")
    assert look(port, asked).seen == PatroniSeen(standby="a")


def test_a_cluster_promoted_by_hand_is_a_concern(port: int) -> None:
    outlook = look(port, cluster(standby={"standby_host": "a"}), standby="a")

    assert outlook.seen.changes == []
    assert "promoted by hand" in outlook.concerns[0]


def test_nothing_is_forgotten_while_nobody_answers() -> None:
    outlook = look(1, cluster(), slots=["old"], standby="a")

    assert outlook.seen == PatroniSeen(slots=["old"], standby="a")
    assert outlook.concerns[0].startswith("no member tells the state of the cluster")


def test_without_anybody_to_ask_there_is_nothing_to_complain_of() -> None:
    drift = PatroniDrift(PatroniClient())
    configuration = Configuration.from_config_map({}, operator_namespace="operators")

    outlook = drift.look(addresses=[], cluster=cluster(), configuration=configuration, status={})

    assert outlook == PatroniOutlook([], PatroniSeen(), [])


def test_the_second_member_is_asked_when_the_first_is_silent(patroni: Patroni) -> None:
    del patroni.members[PRIMARY]
    with answering(patroni) as port:
        outlook = look(port, cluster({"work_mem": "1MB"}))

    assert outlook.seen.changes == ["work_mem is not set, not 1MB"]


def test_of_an_invalid_manifest_only_members_are_seen_and_nothing_is_forgotten(port: int) -> None:
    outlook = look(port, None, slots=["old"], standby="")

    assert len(outlook.members) == 2
    assert outlook.seen == PatroniSeen(slots=["old"], standby="")
