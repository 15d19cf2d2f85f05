"""Patroni's configuration file, from the environment the operator sets."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.images.database.appliance import patroni
from deploy.images.database.appliance.environment import BadEnvironment, Layout
from deploy.images.database.appliance.facts import Facts

FACTS = Facts(
    memory=500 * 1024**2,
    hostname="acid-demo-0",
    address="10.0.0.9",
    majors=(14, 15, 16, 17, 18),
    data_major=None,
    libraries=dict.fromkeys((14, 15, 16, 17, 18), frozenset({"pg_stat_statements", "pg_cron"})),
    pam_majors=frozenset({15, 17, 18}),
)
OPERATOR = {
    "SCOPE": "acid-demo",
    "PGROOT": "/home/postgres/pgdata/pgroot",
    "PGDATA": "/home/postgres/pgdata/pgroot/data",
    "POD_IP": "10.244.1.5",
    "POD_NAMESPACE": "default",
    "PGUSER_SUPERUSER": "postgres",
    "PGPASSWORD_SUPERUSER": "s",
    "PGUSER_STANDBY": "standby",
    "PGPASSWORD_STANDBY": "r",
    "PAM_OAUTH2": "https://info.example.com/oauth2/tokeninfo?access_token= uid realm=/employees",
    "HUMAN_ROLE": "zalandos",
    "PGVERSION": "17",
    "KUBERNETES_SERVICE_HOST": "10.96.0.1",
    "DCS_ENABLE_KUBERNETES_API": "true",
    "KUBERNETES_USE_CONFIGMAPS": "true",
}
MANIFEST = {
    "postgresql": {},
    "bootstrap": {
        "initdb": [{"auth-host": "scram-sha-256"}, {"auth-local": "trust"}],
        "dcs": {"failsafe_mode": False},
    },
}


def configured(
    manifest: dict[str, Any] | None = None, *, facts: Facts = FACTS, **more: str
) -> dict[str, Any]:
    text = json.dumps(MANIFEST if manifest is None else manifest)
    environment = OPERATOR | {"SPILO_CONFIGURATION": text} | more
    return patroni.configuration(
        environment, facts=facts, layout=Layout.of(environment), oauth=False
    )


def test_the_member_is_named_after_its_pod_and_reached_at_its_address() -> None:
    config = configured()
    assert (config["scope"], config["name"]) == ("acid-demo", "acid-demo-0")
    assert config["restapi"]["connect_address"] == "10.244.1.5:8008"
    assert config["postgresql"]["connect_address"] == "10.244.1.5:5432"


def test_an_address_of_version_six_gets_brackets() -> None:
    config = configured(POD_IP="fd00::5")
    assert config["postgresql"]["connect_address"] == "[fd00::5]:5432"


def test_the_manifests_initdb_list_replaces_the_images_own() -> None:
    config = configured(PGVERSION="16")
    assert config["bootstrap"]["initdb"] == MANIFEST["bootstrap"]["initdb"]


def test_without_a_manifest_a_database_gets_checksums_and_utf_8() -> None:
    assert configured({}, PGVERSION="16")["bootstrap"]["initdb"] == [
        {"encoding": "UTF8"},
        {"locale": "en_US.UTF-8"},
        "data-checksums",
    ]


def test_a_new_database_is_synced_at_once_where_initdb_can() -> None:
    assert configured(PGVERSION="17")["bootstrap"]["initdb"][-1] == {"sync-method": "syncfs"}


def test_the_manifests_own_way_to_sync_is_kept() -> None:
    options = [{"sync-method": "fsync"}]
    config = configured({"bootstrap": {"initdb": options}}, PGVERSION="18")
    assert config["bootstrap"]["initdb"] == options


def test_cluster_settings_of_the_manifest_are_merged_key_by_key() -> None:
    dcs = configured({"bootstrap": {"dcs": {"ttl": 60, "postgresql": {"use_slots": False}}}})[
        "bootstrap"
    ]["dcs"]
    assert (dcs["ttl"], dcs["loop_wait"]) == (60, 10)
    assert (dcs["postgresql"]["use_slots"], dcs["postgresql"]["use_pg_rewind"]) == (False, True)


def test_a_null_of_the_manifest_changes_nothing() -> None:
    assert configured({"bootstrap": {"dcs": {"ttl": None}}})["bootstrap"]["dcs"]["ttl"] == 30


def test_without_an_archive_wal_is_let_go() -> None:
    assert configured()["postgresql"]["parameters"]["archive_command"] == "/bin/true"


def test_with_an_archive_wal_is_pushed() -> None:
    command = configured(WAL_S3_BUCKET="b")["postgresql"]["parameters"]["archive_command"]
    assert command == 'envdir "/run/etc/wal-e.d/env" wal-g wal-push "%p"'


@pytest.mark.parametrize(
    ("version", "data", "bin_dir", "major"),
    [
        ("17", None, None, 17),
        ("17", 15, None, 15),
        ("16", 15, "/usr/lib/postgresql/18/bin", 15),
        ("16", None, "/usr/lib/postgresql/18/bin", 18),
        ("99", None, None, 18),
        ("", None, None, 18),
    ],
)
def test_data_decides_the_major_then_the_manifest_then_the_variable(
    version: str, data: int | None, bin_dir: str | None, major: int
) -> None:
    manifest = {"postgresql": {"bin_dir": bin_dir}} if bin_dir else {}
    config = configured(manifest, facts=replace(FACTS, data_major=data), PGVERSION=version)
    assert config["postgresql"]["bin_dir"] == f"/usr/lib/postgresql/{major}/bin"


def test_replicas_are_copied_with_the_programs_of_the_servers_major() -> None:
    method = configured(PGVERSION="15")["postgresql"]["basebackup_fast_xlog"]
    assert method["bin_dir"] == "/usr/lib/postgresql/15/bin"


def test_the_manifests_libraries_are_preloaded_where_they_exist() -> None:
    manifest = {"postgresql": {"parameters": {"shared_preload_libraries": "bg_mon,pg_cron"}}}
    parameters = configured(manifest)["postgresql"]["parameters"]
    assert parameters["shared_preload_libraries"] == "pg_cron"


def test_pam_rules_of_the_manifest_are_kept_where_the_server_knows_pam() -> None:
    rules = ["local all all trust", "local replication all trust", "hostssl all +z all pam"]
    manifest = {"postgresql": {"pg_hba": [*rules, "hostssl replication all all md5"]}}
    assert rules[2] in configured(manifest, PGVERSION="17")["postgresql"]["pg_hba"]
    assert rules[2] not in configured(manifest, PGVERSION="16")["postgresql"]["pg_hba"]


def test_passwords_come_from_the_secrets() -> None:
    accounts = configured()["postgresql"]["authentication"]
    assert accounts == {
        "superuser": {"username": "postgres", "password": "s"},
        "replication": {"username": "standby", "password": "r"},
    }


def test_a_promotion_makes_what_every_cluster_has() -> None:
    callbacks = configured(PGUSER_SUPERUSER="root")["postgresql"]["callbacks"]
    assert callbacks == {
        "on_role_change": '/scripts/on_role_change.sh "zalandos" '
        '"host=/run/postgresql port=5432 user=root"'
    }


def test_with_another_store_in_kubernetes_the_callback_sets_the_labels() -> None:
    callbacks = configured(DCS_ENABLE_KUBERNETES_API="", ETCD_HOST="e:2379")["postgresql"][
        "callbacks"
    ]
    assert callbacks["on_start"] == callbacks["on_stop"] == "/scripts/callback_role.py"
    assert callbacks["on_role_change"].endswith(" /scripts/callback_role.py")


@pytest.mark.parametrize("name", ["CLONE_METHOD", "STANDBY_HOST", "STANDBY_WALE_S3_PREFIX"])
def test_a_cluster_whose_data_lies_elsewhere_does_not_come_up_empty(name: str) -> None:
    with pytest.raises(BadEnvironment, match=name):
        patroni.configuration(
            OPERATOR | {name: "x"}, facts=FACTS, layout=Layout.of(OPERATOR), oauth=False
        )


@pytest.mark.parametrize("text", ["{", "[]", "just words"])
def test_a_manifest_that_is_no_dictionary_stops_the_start(text: str) -> None:
    with pytest.raises(BadEnvironment, match="SPILO_CONFIGURATION"):
        patroni.user_configuration({"SPILO_CONFIGURATION": text})


keys = st.sampled_from("abc")
values = st.recursive(
    st.sampled_from([None, True, 1, "x", ["y"], []]),
    lambda inner: st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
dictionaries = st.dictionaries(keys, values, max_size=3)


@given(own=dictionaries, over=dictionaries)
def test_merging_twice_is_merging_once(own: dict[str, Any], over: dict[str, Any]) -> None:
    once = patroni.merge(own, over)
    assert patroni.merge(once, over) == once


@given(own=dictionaries)
def test_merging_nothing_changes_nothing(own: dict[str, Any]) -> None:
    assert patroni.merge(own, {}) == own
