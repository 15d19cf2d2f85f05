"""What members lack, in sentences, from what was seen of them."""

from dataclasses import replace

import pytest

from activities.patroni.client import Member
from activities.patroni.sight import Elapsed
from activities.patroni.situation import Situation
from activities.postgres.replication import BaseBackup, Replication
from tests.unit.patroni.pods import pod, unscheduled
from workflows.model.members import MemberSeen

LEADER, REPLICA = "acid-test-0", "acid-test-1"
HOST = "10.0.0.2"


def member(name: str, role: str, state: str, **tags: str) -> Member:
    return Member(MemberSeen(name=name, role=role, state=state), HOST, tags)


def situation(
    state: str = "streaming", *, role: str = "replica", standby: bool = False, **tags: str
) -> Situation:
    return Situation(
        pods={LEADER: pod(0, role="master"), REPLICA: pod(1, role="replica")},
        members={
            LEADER: member(LEADER, "standby_leader" if standby else "leader", "running"),
            REPLICA: member(REPLICA, role, state, **tags),
        },
        replication=None if standby else Replication(streaming=frozenset({REPLICA})),
        standby=standby,
    )


def lack(seen: Situation, name: str = REPLICA) -> str:
    return seen.lack(name, role_label="spilo-role")


def test_a_streaming_replica_and_a_running_leader_lack_nothing() -> None:
    assert (lack(situation()), lack(situation(), LEADER)) == ("", "")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("creating replica", "copying the base backup"),
        ("starting", "Postgres is starting"),
        ("start failed", "Postgres does not start"),
        ("in archive recovery", "recovering from the archive"),
        ("stopping", "stopping"),
        ("", "Patroni is starting"),
    ],
)
def test_a_member_in_another_state_lacks_that_it_is_over(state: str, text: str) -> None:
    assert lack(situation(state)) == text


@pytest.mark.parametrize("role", ["replica", "sync_standby", "quorum_standby"])
def test_a_replica_must_be_seen_by_the_primary(role: str) -> None:
    seen = situation("running", role=role)

    assert lack(seen) == ""
    silent = replace(seen, replication=Replication())
    assert lack(silent) == "does not stream yet"
    told = lack(replace(silent, complaints={REPLICA: "no space"}))
    assert told == "does not stream yet, its Postgres says: no space"
    assert (silent.is_in_trouble(REPLICA), seen.is_in_trouble(REPLICA)) == (True, False)


def test_without_a_look_at_the_primary_patronis_word_has_to_do() -> None:
    assert lack(replace(situation("running"), replication=None)) == ""


def test_a_replica_of_a_replica_is_taken_at_patronis_word() -> None:
    seen = replace(situation("streaming", replicatefrom="x"), replication=Replication())

    assert lack(seen) == ""
    assert lack(replace(situation("running", replicatefrom="x"))) == "does not stream yet"


def test_members_of_a_standby_cluster_may_recover_from_the_archive() -> None:
    seen = situation("in archive recovery", standby=True)

    assert (lack(seen), lack(seen, LEADER)) == ("", "")


@pytest.mark.parametrize(
    ("percent", "text"),
    [
        (None, "copying the base backup"),
        (0, "copying the base backup, 0 %"),
        (47, "copying the base backup, 40 %"),
        (104, "copying the base backup, 100 %"),
    ],
)
def test_a_base_backup_is_shown_in_tenths(percent: int | None, text: str) -> None:
    backups = (BaseBackup("10.9.9.9", 90), BaseBackup(HOST, percent))
    seen = replace(situation("creating replica"), replication=Replication(backups=backups))

    assert lack(seen) == text


def test_pods_are_told_of_first() -> None:
    seen = situation("starting")

    assert lack(replace(seen, pods={})) == "its pod does not exist yet"
    assert lack(replace(seen, pods={REPLICA: unscheduled(1)})) == (
        "not scheduled: 0/3 nodes are available"
    )
    deleted = pod(1)
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert lack(replace(seen, pods={REPLICA: deleted})) == "being deleted"


@pytest.mark.parametrize("label", ["", "master"])
def test_a_replica_needs_its_label(label: str) -> None:
    seen = replace(situation(), pods={REPLICA: pod(1, role=label)})

    assert lack(seen) == "its pod is not labelled replica yet"


def test_an_unknown_member_is_one_whose_patroni_has_not_started() -> None:
    assert lack(replace(situation(), members={})) == "Patroni is starting"


# ------------------------------------------------------------------------------------ elapsed


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_goes_on_is_shown_with_its_seconds_in_steps_of_five() -> None:
    clock = Clock()
    elapsed = Elapsed(clock)
    shown = []
    for clock.now in (0.0, 4.9, 5.1, 9.9, 12.0):
        shown.append(elapsed.text(REPLICA, "copying the base backup"))

    assert shown == [
        "acid-test-1: copying the base backup",
        "acid-test-1: copying the base backup",
        "acid-test-1: copying the base backup, 5 s",
        "acid-test-1: copying the base backup, 5 s",
        "acid-test-1: copying the base backup, 10 s",
    ]


def test_what_takes_long_is_shown_with_its_minutes() -> None:
    clock = Clock()
    elapsed = Elapsed(clock)
    shown = []
    for clock.now in (0.0, 119.0, 121.0, 179.0, 700.0):
        shown.append(elapsed.text(REPLICA, "starting").removeprefix(f"{REPLICA}: starting"))

    assert shown == ["", ", 115 s", ", 2 min", ", 2 min", ", 11 min"]


def test_time_goes_on_while_only_the_percentage_changes_and_begins_anew_otherwise() -> None:
    clock = Clock()
    elapsed = Elapsed(clock)
    elapsed.text(REPLICA, "copying the base backup, 0 %")
    clock.now = 21.0

    assert (
        elapsed.texts(
            [(REPLICA, "copying the base backup, 40 %"), (LEADER, ""), ("acid-test-2", "starting")]
        )
        == "acid-test-1: copying the base backup, 40 %, 20 s; acid-test-2: starting"
    )
    assert elapsed.text(REPLICA, "Postgres is starting") == "acid-test-1: Postgres is starting"
