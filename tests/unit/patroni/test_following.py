"""Whom a standby cluster follows, and who is promoted."""

from typing import Any

import pytest

from activities.patroni.following import Following, following
from tests.unit.patroni.test_differences import cluster

TOLD = {
    "create_replica_methods": ["bootstrap_standby_with_wale", "basebackup_fast_xlog"],
    "restore_command": 'envdir "/run/etc/wal-e.d/env-standby" /scripts/restore_command.sh '
    '"%f" "%p"',
    "host": "far.example.org",
    "port": "6432",
    "primary_slot_name": None,
}
SECTION = {"standby_host": "far.example.org", "standby_port": "6432"}
FROM_SPILO = {
    "standby_cluster": {
        "create_replica_methods": ["basebackup_fast_xlog"],
        "host": "far.example.org",
        "port": 6432,
    }
}


SOURCE = "far.example.org:6432"


def found(
    section: dict[str, str] | None,
    live: dict[str, Any],
    *,
    remembered: str | None = None,
    **spec: Any,
) -> Following:
    asked = {} if section is None else {"standby": section}
    return following(cluster(**asked, **spec), live, remembered=remembered)


@pytest.mark.parametrize("remembered", [None, ""])
def test_a_cluster_that_leads_and_shall_lead_is_left_alone(remembered: str | None) -> None:
    assert found(None, {}, remembered=remembered) == Following()


@pytest.mark.parametrize("remembered", [None, SOURCE])
def test_a_standby_as_its_image_made_it_is_left_alone(remembered: str | None) -> None:
    assert found(SECTION, FROM_SPILO, remembered=remembered) == Following()


def test_the_usual_port_need_not_be_named() -> None:
    live = {"standby_cluster": {"host": "a", "port": "5432"}}

    assert found({"standby_host": "a"}, live) == Following()


@pytest.mark.parametrize("remembered", [None, "", SOURCE])
def test_removing_the_section_promotes_also_when_nobody_saw_it_happen(
    remembered: str | None,
) -> None:
    assert found(None, FROM_SPILO, remembered=remembered).body == {"standby_cluster": None}


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"env": [{"name": "STANDBY_HOST", "value": "a"}]},
        {"envFrom": [{"configMapRef": {"name": "standby"}}]},
    ],
)
def test_a_standby_by_its_environment_is_promoted_only_if_it_had_the_section(
    elsewhere: dict[str, Any],
) -> None:
    assert found(None, FROM_SPILO, **elsewhere).body == {}
    assert found(None, FROM_SPILO, remembered=SOURCE, **elsewhere).body != {}


def test_another_source_is_told_with_all_its_parts() -> None:
    live = {"standby_cluster": {"host": "near.example.org", "primary_slot_name": "s"}}

    told = found(SECTION, live)

    assert told.body == {"standby_cluster": TOLD}
    assert told.sentence == "it is to follow far.example.org:6432"


def test_an_archive_without_a_host_takes_the_host_away() -> None:
    told = found({"s3_wal_path": "s3://bucket/path"}, FROM_SPILO)

    assert told.body["standby_cluster"]["host"] is None
    assert told.body["standby_cluster"]["port"] is None


def test_another_archive_is_told_although_patroni_only_knows_the_host() -> None:
    section = {**SECTION, "s3_wal_path": "s3://bucket/path"}

    assert found(section, FROM_SPILO, remembered=SOURCE).body == {"standby_cluster": TOLD}
    assert found(section, FROM_SPILO, remembered=f"{SOURCE}, s3://bucket/path") == Following()


@pytest.mark.parametrize("before", ["", "near.example.org"])
def test_an_edited_section_makes_a_leading_cluster_follow(before: str) -> None:
    told = found(SECTION, {}, remembered=before)

    assert told == Following({"standby_cluster": TOLD}, f"it is to follow {SOURCE}")


@pytest.mark.parametrize("remembered", [None, SOURCE])
def test_a_cluster_promoted_by_hand_never_loses_its_rows_to_an_old_section(
    remembered: str | None,
) -> None:
    told = found(SECTION, {}, remembered=remembered)

    assert told.body == {}
    assert "promoted by hand" in told.concern
