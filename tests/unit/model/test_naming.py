"""Names of clusters with `enable_team_id_clustername_prefix`."""

import pytest

from tests.unit.model.manifests import manifest
from workflows.model.postgresql import name_errors, parse


def paths(name: str, team: str, *, team_prefix: bool = True) -> list[str]:
    obj = manifest(teamId=team)
    obj["metadata"]["name"] = name
    return [error.path for error in name_errors(parse(obj), team_prefix=team_prefix)]


@pytest.mark.parametrize(
    ("name", "team"),
    [("acid-a", "acid"), ("acid-test", "ACID"), ("a-b-c", "a-b"), ("acid-" + "x" * 53, "acid")],
)
def test_names_with_their_team_are_accepted(name: str, team: str) -> None:
    assert paths(name, team) == []


@pytest.mark.parametrize(
    ("name", "team"),
    [
        ("acid", "acid"),
        ("acid-", "acid"),
        ("test", "acid"),
        ("acidtest", "acid"),
        ("acid-te.st", "acid"),
        ("acid-Test", "acid"),
        ("9-test", "9"),
        ("acid-" + "x" * 54, "acid"),
    ],
)
def test_other_names_are_refused(name: str, team: str) -> None:
    assert paths(name, team) == ["metadata.name"]


def test_without_a_team_the_team_is_what_is_wrong() -> None:
    assert paths("acid-test", "") == ["spec.teamId"]


@pytest.mark.parametrize("name", ["anything", "with.dots", "x" * 100])
def test_without_the_option_every_name_is_let_through(name: str) -> None:
    assert paths(name, "acid", team_prefix=False) == []
