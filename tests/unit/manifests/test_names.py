import pytest

from workflows.model import names
from workflows.model.names import Role

TEMPLATE = "{username}.{cluster}.credentials.{tprkind}.{tprgroup}"


def test_objects_of_a_cluster() -> None:
    assert names.pod("c", 3) == "c-3"
    assert names.volume_claim("c", 0) == "pgdata-c-0"
    assert [names.service("c", role) for role in Role] == ["c", "c-repl"]
    assert [names.pooler("c", role) for role in Role] == ["c-pooler", "c-pooler-repl"]
    assert names.pooler_auth_secret("c", Role.REPLICA) == "c-pooler-repl-u"
    assert names.config_service("c") == "c-config"
    assert names.critical_budget("c") == "postgres-c-critical-op-pdb"
    assert names.primary_budget("c", "postgres-{cluster}-pdb") == "postgres-c-pdb"


def test_what_patroni_writes() -> None:
    found = names.patroni_objects("c", config_maps=True)
    assert found == ["c-leader", "c-config", "c-sync", "c-failover"]
    assert "c-leader" not in names.patroni_objects("c", config_maps=False)


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        ("short", "logical-backup-short"),
        ("a" * 37, "logical-backup-" + "a" * 37),
        ("a" * 40, "logical-backup-" + "a" * 37),
        ("a" * 35 + "--b", "logical-backup-" + "a" * 35),
    ],
)
def test_a_backup_job_leaves_room_for_a_time_stamp(cluster: str, expected: str) -> None:
    assert names.logical_backup_job(cluster, "logical-backup-") == expected


def test_the_secret_of_a_role() -> None:
    found = names.credentials_secret("a_b", cluster="c", namespace="n", template=TEMPLATE)
    assert found == "a-b.c.credentials.postgresql.acid.zalan.do"


@pytest.mark.parametrize(
    ("user", "cross", "expected"),
    [("app.foo", True, "app"), ("app.foo", False, "own"), ("foo", True, "own")],
)
def test_a_dot_names_another_namespace_when_allowed(user: str, cross: bool, expected: str) -> None:
    assert names.secret_namespace(user, namespace="own", cross_namespace=cross) == expected


def test_roles_of_a_prepared_database() -> None:
    roles = names.prepared_roles("bar")
    assert roles.groups == ["bar_owner", "bar_reader", "bar_writer"]
    assert roles.users == ["bar_owner_user", "bar_reader_user", "bar_writer_user"]
    assert names.prepared_roles("bar", "data").reader == "bar_data_reader"
    assert names.default_prepared_database("acid-main") == "acid_main"


@pytest.mark.parametrize(
    ("cluster", "team", "expected"),
    [
        ("acid-main", "acid", "main"),
        ("acid-main", "ACID", "main"),
        ("acid-a", "acid", "a"),
        ("acid-", "acid", None),
        ("acid", "acid", None),
        ("other-main", "acid", None),
        ("acid-Main", "acid", None),
        ("acid-main-", "acid", None),
        ("main", "", None),
        ("acid-" + "a" * 53, "acid", "a" * 53),
        ("acid-" + "a" * 54, "acid", None),
    ],
)
def test_the_name_without_its_team(cluster: str, team: str, expected: str | None) -> None:
    assert names.without_team(cluster, team) == expected


def test_placeholders_nobody_knows_stay() -> None:
    assert names.fill("{a}-{b}", a="1") == "1-{b}"
