"""Roles on a real server become what the manifest asks for, and nothing more is touched."""

from typing import Any

import psycopg
import pytest

from activities.postgres import scram
from activities.postgres.scram import Encryption
from tests.unit.postgres.objects import secret
from tests.unit.sql_server import snapshot
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import NAMESPACE, World


def synced(world: World) -> list[str]:
    """What a sync of roles changed; it must not fail."""
    result = world.steps.sync_roles(world.order)
    assert result.failed == []
    return result.changed


def test_a_user_of_the_manifest_can_log_in_with_the_password_of_its_secret(
    sql_server: Server,
) -> None:
    world = World(sql_server, spec={"users": {"foo": ["createdb"]}})

    assert "role foo created, put in the hands of admin" in synced(world)
    with sql_server.connect(user="foo", password=world.password_of("foo")) as connection:
        assert connection.info.user == "foo"
    assert snapshot.roles(sql_server)["foo"] == {
        "flags": ["CREATEDB", "LOGIN"],
        "password": "SCRAM-SHA-256",
    }
    assert snapshot.roles(sql_server)["admin"]["member_of"] == ["foo WITH ADMIN"]


def test_a_second_sync_changes_nothing_and_writes_nothing(sql_server: Server) -> None:
    world = World(
        sql_server, spec={"users": {"foo": [], "bar": ["nologin"]}, "preparedDatabases": {"db": {}}}
    )
    synced(world)
    written = "SELECT rolname, xmin::text, rolpassword FROM pg_authid ORDER BY 1"
    before = sql_server.sql(written)

    assert world.pending() == ["database db is to be created for db_owner"]
    assert synced(world) == []
    assert sql_server.sql(written) == before


def test_a_changed_secret_is_carried_into_the_server(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"foo": []}})
    synced(world)
    world.passwords["foo"] = "Another-Password"
    world.apply()

    assert synced(world) == ["role foo given the password of its Secret"]
    with sql_server.connect(user="foo", password="Another-Password") as connection:
        assert connection.info.user == "foo"


def test_the_replication_role_that_the_image_made_gets_the_password_of_its_secret(
    sql_server: Server,
) -> None:
    sql_server.sql("CREATE ROLE standby LOGIN REPLICATION PASSWORD 'what the image took'")
    world = World(sql_server)

    assert synced(world) == ["role standby given the password of its Secret"]
    assert snapshot.roles(sql_server)["standby"]["flags"] == ["LOGIN", "REPLICATION"]


def test_pooler_and_streams_can_log_in(sql_server: Server) -> None:
    stream = {"applicationId": "app", "database": "db", "tables": {"t": {"eventType": "e"}}}
    world = World(sql_server, spec={"enableConnectionPooler": True, "streams": [stream]})

    assert synced(world) == ["role fes_user created", "role pooler created", "role standby created"]
    assert snapshot.roles(sql_server)["fes_user"]["flags"] == ["LOGIN", "REPLICATION"]
    with sql_server.connect(user="pooler", password=world.password_of("pooler")) as connection:
        assert connection.info.user == "pooler"


def test_an_infrastructure_role_logs_in_with_the_password_of_its_source(sql_server: Server) -> None:
    options = {"infrastructure_roles_secret_name": "infra"}
    world = World(sql_server, options=options, spec={"users": {"readers": ["nologin"]}})
    keys = {"user1": "robot", "password1": "Robots-Secret-0815", "inrole1": "readers"}
    world.kube.put(secret("infra", **keys))
    world.apply()

    assert "role robot created, made a member of readers" in synced(world)
    with sql_server.connect(user="robot", password="Robots-Secret-0815") as connection:
        assert connection.info.user == "robot"
    assert synced(world) == []


@pytest.mark.parametrize("encryption", ["md5", "scram-sha-256"])
def test_passwords_are_stored_as_the_manifest_says(sql_server: Server, encryption: str) -> None:
    world = World(sql_server, spec=encrypting(encryption))
    synced(world)

    stored = snapshot.roles(sql_server)["foo"]["password"]
    assert stored.startswith("md5") is (encryption == "md5")
    assert synced(world) == []


def test_another_encryption_is_applied_to_all_but_the_system_roles(sql_server: Server) -> None:
    synced(World(sql_server, spec=encrypting("scram-sha-256")))

    world = World(sql_server, spec=encrypting("md5"))

    assert synced(world) == ["role foo given the password of its Secret"]
    assert snapshot.roles(sql_server)["postgres"]["password"] == "SCRAM-SHA-256"


def encrypting(encryption: str) -> dict[str, Any]:
    parameters = {"password_encryption": encryption}
    return {"users": {"foo": []}, "postgresql": {"version": "18", "parameters": parameters}}


@pytest.mark.parametrize(
    "password",
    [
        "simple",
        "with 'quotes' and \\backslash",
        "tab\there",
        "p\N{LATIN SMALL LETTER A WITH DIAERESIS}\N{SOFT HYPHEN}ss",
        "\N{ROMAN NUMERAL NINE} \N{NO-BREAK SPACE} \N{FULLWIDTH LATIN CAPITAL LETTER A}",
        "a\N{HEBREW LETTER ALEF}",
        "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}",
        "e\N{COMBINING ACUTE ACCENT}\N{GRINNING FACE}",
        "\ue000 private",
    ],
)
def test_verifiers_are_understood_both_ways(sql_server: Server, password: str) -> None:
    ours = scram.verifier(password, role="foo", encryption=Encryption.SCRAM)
    with sql_server.connect() as connection:
        literal = psycopg.sql.Literal
        create = psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(create.format(psycopg.sql.Identifier("ours"), literal(ours)))
        connection.execute(create.format(psycopg.sql.Identifier("theirs"), literal(password)))
        row = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'theirs'"
        ).fetchone()

    assert row is not None
    assert scram.matches(row["rolpassword"], password, role="theirs", encryption=Encryption.SCRAM)
    with sql_server.connect(user="ours", password=password) as connection:
        assert connection.info.user == "ours"


# ------------------------------------------------------------------------- what is there already


def test_flags_are_added_and_never_taken(sql_server: Server) -> None:
    sql_server.sql("CREATE ROLE foo LOGIN CREATEROLE")
    world = World(sql_server, spec={"users": {"foo": ["createdb"]}})

    assert synced(world)[0] == (
        "role foo given CREATEDB, given the password of its Secret, put in the hands of admin"
    )
    assert snapshot.roles(sql_server)["foo"]["flags"] == ["CREATEROLE", "CREATEDB", "LOGIN"]


def test_a_flag_that_is_written_as_a_refusal_is_enforced(sql_server: Server) -> None:
    sql_server.sql("CREATE ROLE foo LOGIN SUPERUSER")
    world = World(sql_server, spec={"users": {"foo": ["nosuperuser", "nologin"]}})
    synced(world)

    assert snapshot.roles(sql_server)["foo"]["flags"] == ["NOLOGIN"]


def test_memberships_and_settings_that_nobody_asked_for_stay(sql_server: Server) -> None:
    sql_server.sql(
        "CREATE ROLE foo LOGIN; GRANT zalandos TO foo; ALTER ROLE foo SET work_mem='9MB'"
    )
    synced(World(sql_server, spec={"users": {"foo": []}}))

    assert snapshot.roles(sql_server)["foo"]["member_of"] == ["zalandos"]
    assert sql_server.sql("SELECT setconfig FROM pg_db_role_setting") == [
        {"setconfig": ["work_mem=9MB"]}
    ]


def test_a_role_with_settings_of_its_own_is_brought_back_to_them(sql_server: Server) -> None:
    world = World(sql_server, spec={"preparedDatabases": {"db": {}}})
    synced(world)
    sql_server.sql("ALTER ROLE db_owner SET search_path = elsewhere")
    sql_server.sql("ALTER ROLE db_owner SET work_mem = '9MB'")

    assert synced(world) == ["role db_owner given its search_path, relieved of its work_mem"]
    assert synced(world) == []


def test_a_removed_user_keeps_its_role(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"foo": [], "bar": []}})
    synced(world)
    world.apply(users={"bar": []})

    assert synced(world) == []
    assert "foo" in snapshot.roles(sql_server)


def test_an_admin_without_admin_option_gets_it(sql_server: Server) -> None:
    sql_server.sql("CREATE ROLE foo LOGIN; GRANT foo TO admin")
    synced(World(sql_server, spec={"users": {"foo": []}}))

    assert snapshot.roles(sql_server)["admin"]["member_of"] == ["foo WITH ADMIN"]


def test_additional_owner_roles_go_before_a_membership_the_other_way_round(
    sql_server: Server,
) -> None:
    spec = {"users": {"foo": []}, "databases": {"db": "foo"}}
    synced(World(sql_server, spec=spec))
    assert snapshot.roles(sql_server)["admin"]["member_of"] == ["foo WITH ADMIN"]

    world = World(sql_server, spec=spec, options={"additional_owner_roles": "admin,robot_zmon"})

    assert synced(world) == ["role foo made a member of admin, made a member of robot_zmon"]
    assert "member_of" not in snapshot.roles(sql_server)["admin"]
    assert synced(world) == []


# ---------------------------------------------------------------------------------- misfortunes


def test_one_failing_role_does_not_stop_the_others(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"pg_evil": [], "zoe": []}})

    result = world.steps.sync_roles(world.order)

    assert [failure.partition(":")[0] for failure in result.failed] == [
        "role pg_evil could not be created",
        "role pg_evil could not be put in the hands of admin",
    ]
    assert 'role name "pg_evil" is reserved' in result.failed[0]
    assert "zoe" in snapshot.roles(sql_server)


def test_a_missing_administrator_fails_alone_and_is_made_up_for(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"foo": []}}, options={"team_admin_role": "boss"})

    result = world.steps.sync_roles(world.order)

    assert result.failed == [
        'role foo could not be put in the hands of boss: role "boss" does not exist'
    ]
    sql_server.sql("CREATE ROLE boss")
    assert synced(world) == ["role foo put in the hands of boss"]


@pytest.mark.parametrize("password", ["", None])
def test_a_role_without_a_password_in_its_secret_waits(
    sql_server: Server, password: str | None
) -> None:
    world = World(sql_server, spec={"users": {"foo": [], "bar": []}})
    key = ("Secret", NAMESPACE, "foo.acid-test.credentials.postgresql.acid.zalan.do")
    if password is None:
        del world.kube.stored[key]
    else:
        world.kube.stored[key]["data"]["password"] = ""

    result = world.steps.sync_roles(world.order)

    assert result.failed == [
        f"role foo has to wait: its Secret {NAMESPACE}/{key[2]} has no password"
    ]
    assert "foo" not in snapshot.roles(sql_server)
    assert "bar" in snapshot.roles(sql_server)


def test_a_protected_name_is_refused_in_so_many_words(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"admin": ["superuser"]}})

    result = world.steps.sync_roles(world.order)

    assert result.failed == ["user admin of the manifest is not managed: the name is protected"]
    assert snapshot.roles(sql_server)["admin"]["flags"] == ["CREATEDB", "NOLOGIN"]


@pytest.mark.parametrize("name", ["a-b", "a.b", "select", "x_1"])
def test_names_that_need_quotes_are_quoted(sql_server: Server, name: str) -> None:
    users: dict[str, Any] = {name: []}
    world = World(sql_server, spec={"users": users, "databases": {"Weird_Name": name}})

    synced(world)

    assert world.steps.sync_databases(world.order).failed == []
    with sql_server.connect(
        "Weird_Name", user=name, password=world.password_of(name)
    ) as connection:
        assert connection.info.user == name
