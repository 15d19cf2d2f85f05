"""What is written into Patroni's dynamic configuration, and what is left alone."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.patroni.differences import Changes, changes, wanted
from tests.apiserver.golden.fake_patroni import SPILO_CONFIGURATION, merge
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql, parse

SLOT = {"type": "logical", "database": "feed", "plugin": "pgoutput"}


def cluster(parameters: dict[str, str] | None = None, **spec: Any) -> Postgresql:
    base: dict[str, Any] = {
        "teamId": "acid",
        "numberOfInstances": 2,
        "postgresql": {"version": "17", "parameters": parameters or {}},
        "volume": {"size": "1Gi"},
    }
    metadata = {"namespace": "default", "name": "acid-test", "uid": "u"}
    return parse({"metadata": metadata, "spec": base | spec})


def live(parameters: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Spilo's own configuration of a new cluster, with something on top."""
    base = {**copy.deepcopy(SPILO_CONFIGURATION), "failsafe_mode": False, **more}
    base["postgresql"]["parameters"].update(parameters or {})
    return base


def found(
    asked: Postgresql,
    present: dict[str, Any],
    *,
    remembered: set[str] | None = None,
    **options: str,
) -> Changes:
    configuration = Configuration.from_config_map(options, operator_namespace="operators")
    known = set(asked.spec.patroni.slots) if remembered is None else remembered
    return changes(wanted(asked, configuration), present, remembered=known)


def test_a_new_cluster_needs_nothing() -> None:
    assert found(cluster(), live()) == Changes()


@pytest.mark.parametrize("key", ["ttl", "loop_wait", "retry_timeout", "maximum_lag_on_failover"])
def test_a_number_is_enforced_where_the_manifest_has_one(key: str) -> None:
    asked = cluster(patroni={key: 33})

    assert found(asked, live()).body == {key: 33}
    assert found(asked, live() | {key: "33"}).body == {}
    assert found(cluster(patroni={key: 0}), live() | {key: 77}).body == {}


def test_a_lag_that_came_through_a_32_bit_float_is_near_enough() -> None:
    asked = cluster(patroni={"maximum_lag_on_failover": 50000001})

    assert found(asked, live(maximum_lag_on_failover=50000000)).body == {}
    change = found(asked, live(maximum_lag_on_failover=49999999))
    assert change.body == {"maximum_lag_on_failover": 50000001}
    assert change.sentences == ("maximum_lag_on_failover is 49999999, not 50000001",)


@pytest.mark.parametrize(
    ("key", "by_hand", "written"),
    [
        ("synchronous_mode", True, False),
        ("synchronous_mode", "quorum", False),
        ("synchronous_mode_strict", "on", False),
        ("synchronous_node_count", 2, 0),
        ("failsafe_mode", True, False),
    ],
)
def test_a_switch_set_by_hand_is_reverted(key: str, by_hand: Any, written: Any) -> None:
    assert found(cluster(), live(**{key: by_hand})).body == {key: written}


def test_synchronous_mode_is_switched_on_and_off() -> None:
    asked = cluster(patroni={"synchronous_mode": True, "synchronous_node_count": 1})

    assert found(asked, live()).body == {"synchronous_mode": True, "synchronous_node_count": 1}
    assert found(asked, live(synchronous_mode="on", synchronous_node_count=1)).body == {}


@pytest.mark.parametrize(
    ("option", "manifest", "effective", "written"),
    [
        ("true", None, False, True),
        ("true", None, True, None),
        ("true", False, True, False),
        ("true", False, False, None),
        ("true", True, False, True),
        ("false", None, True, False),
        ("false", None, False, None),
        ("false", True, False, True),
        ("false", True, True, None),
    ],
)
def test_fail_safe_mode_is_the_manifests_or_else_the_operators(
    option: str, manifest: bool | None, effective: bool, written: bool | None
) -> None:
    asked = cluster(patroni={} if manifest is None else {"failsafe_mode": manifest})

    change = found(asked, live(failsafe_mode=effective), enable_patroni_failsafe_mode=option)

    assert change.body == ({} if written is None else {"failsafe_mode": written})


# ------------------------------------------------------------------------------ parameters


def test_a_parameter_is_written_as_the_manifest_has_it() -> None:
    change = found(cluster({"work_mem": "64MB", "max_connections": "200"}), live())

    assert change.body == {
        "postgresql": {"parameters": {"work_mem": "64MB", "max_connections": "200"}}
    }
    assert change.sentences == (
        "max_connections is 100, not 200",
        "work_mem is not set, not 64MB",
    )
    assert change.parameters


def test_parameters_of_each_member_are_no_part_of_it() -> None:
    assert found(cluster({"shared_buffers": "1GB", "ssl": "off"}), live()).body == {}


def test_a_parameter_that_means_the_same_is_left_as_it_is() -> None:
    asked = cluster({"work_mem": "1GB", "archive_timeout": "30min", "wal_log_hints": "true"})

    assert found(asked, live({"work_mem": "1024MB"})).body == {}


def test_a_parameter_that_left_the_manifest_stays() -> None:
    assert found(cluster(), live({"work_mem": "64MB"})).body == {}


def test_host_based_access_is_left_to_the_environment_of_the_pods() -> None:
    asked = cluster(patroni={"pg_hba": ["local all all trust"]})

    assert found(asked, live()).body == {}


def test_event_streams_need_logical_decoding() -> None:
    stream = {"applicationId": "a", "database": "d", "tables": {"t": {"eventType": "e"}}}

    change = found(cluster({"wal_level": "replica"}, streams=[stream]), live())

    assert change.body == {"postgresql": {"parameters": {"wal_level": "logical"}}}


@pytest.mark.parametrize("present", [{}, {"postgresql": None}, {"postgresql": {"parameters": 7}}])
def test_a_configuration_without_parameters_gets_them(present: dict[str, Any]) -> None:
    assert found(cluster({"work_mem": "1MB"}), present).body == {
        "postgresql": {"parameters": {"work_mem": "1MB"}}
    }


@pytest.mark.parametrize(
    ("asked", "patroni", "first"),
    [
        ({"max_connections": "50"}, {}, True),
        ({"max_connections": "50", "max_wal_senders": "5"}, {}, True),
        ({"max_worker_processes": "4"}, {}, True),
        ({"max_locks_per_transaction": "10", "max_prepared_transactions": "1"}, {}, True),
        ({"max_connections": "200"}, {}, False),
        ({"max_connections": "50", "max_wal_senders": "20"}, {}, False),
        ({"max_connections": "50", "work_mem": "1MB"}, {}, False),
        ({"max_connections": "50"}, {"ttl": 40}, False),
        ({"wal_level": "logical"}, {}, False),
        ({"max_replication_slots": "2"}, {}, False),
        ({"max_connections": "fifty"}, {}, False),
        ({}, {"ttl": 40}, False),
        ({}, {}, False),
    ],
)
def test_the_primary_goes_first_only_where_nothing_but_its_limits_is_lowered(
    asked: dict[str, str], patroni: dict[str, Any], first: bool
) -> None:
    present = live(
        {
            "max_locks_per_transaction": 64,
            "max_prepared_transactions": 3,
            "max_worker_processes": 8,
        }
    )

    assert found(cluster(asked, patroni=patroni), present).primary_first is first


# ----------------------------------------------------------------------------------- slots


def test_a_slot_is_added() -> None:
    change = found(cluster(patroni={"slots": {"feed": SLOT}}), live())

    assert change.body == {"slots": {"feed": SLOT}}
    assert change.sentences == ("slot feed is missing",)


def test_a_slot_that_is_not_remembered_yet_is_not_made() -> None:
    asked = cluster(patroni={"slots": {"feed": SLOT}})

    assert found(asked, live(), remembered=set()).body == {}


def test_a_changed_slot_is_written_whole_and_loses_what_it_had_besides() -> None:
    asked = cluster(patroni={"slots": {"feed": {"type": "physical"}}})

    change = found(asked, live(slots={"feed": SLOT}))

    assert change.body == {
        "slots": {"feed": {"type": "physical", "database": None, "plugin": None}}
    }


def test_a_slot_that_left_the_manifest_is_removed() -> None:
    change = found(cluster(), live(slots={"feed": SLOT}), remembered={"feed"})

    assert change.body == {"slots": {"feed": None}}
    assert change.sentences == ("slot feed is to be removed",)


def test_a_slot_that_is_gone_already_is_not_removed_again() -> None:
    assert found(cluster(), live(), remembered={"feed"}).body == {}


def test_slots_made_by_hand_or_by_patroni_stay() -> None:
    asked = cluster(patroni={"slots": {"mine": SLOT}})
    present = live(slots={"by_hand": {"type": "physical"}, "mine": SLOT})

    assert found(asked, present).body == {}


def test_adding_and_removing_go_together() -> None:
    asked = cluster(patroni={"slots": {"new": {"type": "physical"}}})

    change = found(asked, live(slots={"old": SLOT}), remembered={"old", "new"})

    assert change.body == {"slots": {"old": None, "new": {"type": "physical"}}}


# ------------------------------------------------------------------------------ properties

names = st.sampled_from(["work_mem", "max_connections", "wal_level", "archive_timeout", "a.b"])
values = st.sampled_from(["1", "on", "off", "1GB", "1024MB", "30min", "100", "x y"])
slots = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["physical", "logical"]),
            "database": st.sampled_from(["p", "q"]),
            "plugin": st.sampled_from(["p", "q"]),
        },
    ),
)


@given(
    st.dictionaries(names, values),
    st.dictionaries(names, values | st.integers(0, 200) | st.booleans()),
    slots,
    slots,
    st.sets(st.sampled_from(["a", "b", "c"])),
    st.integers(0, 100),
)
def test_what_was_written_differs_no_more(
    asked: dict[str, str],
    parameters: dict[str, Any],
    wanted_slots: dict[str, Any],
    live_slots: dict[str, Any],
    remembered: set[str],
    ttl: int,
) -> None:
    manifest = cluster(asked, patroni={"ttl": ttl, "slots": wanted_slots})
    known = remembered | set(wanted_slots)
    present = live(parameters, slots=live_slots)

    first = found(manifest, present, remembered=known)
    merge(present, first.body)

    assert found(manifest, present, remembered=known) == Changes()
    assert bool(first.body) == bool(first.sentences)
