"""What SQL makes of a captured manifest is what Zalando's operator made of it."""

import pytest
import yaml

from tests.apiserver.golden.case import Case, cases
from tests.unit.sql_server import snapshot
from tests.unit.sql_server.programs import MAJORS
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import World

CASE = "prepared-databases-sql"


@pytest.fixture
def case() -> Case:
    (found,) = cases(f"^{CASE}$")
    return found


@pytest.mark.parametrize("sql_server", MAJORS, indirect=True)
def test_prepared_databases_are_equal_to_the_capture(sql_server: Server, case: Case) -> None:
    (manifest,) = (m for m in case.manifests() if m["kind"] == "postgresql")
    name = manifest["metadata"]["name"]
    world = World(
        sql_server,
        spec=manifest["spec"],
        options=yaml.safe_load(case.configuration.read_text())["data"],
        name=name,
        namespace=case.name,
    )

    roles = world.steps.sync_roles(world.order)
    databases = world.steps.sync_databases(world.order)

    assert (roles.failed, databases.failed) == ([], [])
    (captured,) = (s["database"][name] for s in case.golden()["stages"] if s["stage"] == "create")
    assert _as_captured(snapshot.taken(sql_server), sql_server) == captured


def _as_captured(taken: snapshot.Snapshot, server: Server) -> snapshot.Snapshot:
    """The capture's server had version 15, where the schema public already has its own owner."""
    if server.major >= 15:
        return taken
    for content in taken["databases"].values():
        public = next(schema for schema in content["schemas"] if schema["name"] == "public")
        assert public["owner"] == "postgres"
        public |= {
            "owner": "pg_database_owner",
            "acl": ["=U/pg_database_owner", "pg_database_owner=UC/pg_database_owner"],
        }
    return taken
