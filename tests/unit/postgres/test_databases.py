"""Which databases of a manifest are made, and what is said of the others."""

from typing import Any

import pytest

from activities.postgres.databases import wanted_databases
from activities.postgres.wanted import wanted_roles
from tests.unit.manifests.inputs import cluster, configuration

LONG = "d" * 64


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"databases": {LONG: "foo"}}, f"database {LONG}: Postgres cuts names"),
        (
            {"preparedDatabases": {"db": {"schemas": {LONG: {"defaultRoles": False}}}}},
            f"prepared database db is left out: {LONG} has more than 63 characters",
        ),
    ],
)
def test_a_name_that_postgres_would_cut_is_told_and_never_made(
    spec: dict[str, Any], told: str
) -> None:
    of = cluster(users={"foo": []}, **spec)
    found = wanted_databases(of, wanted_roles(cluster=of, configuration=configuration()))
    assert found.owners == {}
    (sentence,) = found.refused
    assert sentence.startswith(told)
