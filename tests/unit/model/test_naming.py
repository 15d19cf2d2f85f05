"""Names of clusters, with `enable_team_id_clustername_prefix` and without."""

import pytest

from tests.unit.model.manifests import manifest
from workflows.model.postgresql import Postgresql, name_errors, parse, team_errors


def named(name: str, team: str = "acid") -> Postgresql:
    obj = manifest(teamId=team)
    obj["metadata"]["name"] = name
    return parse(obj)


def paths(name: str, team: str) -> list[str]:
    return [error.path for error in team_errors(named(name, team), team_prefix=True)]


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


@pytest.mark.parametrize("name", ["anything", "acid", "x" * 58, "a-1"])
def test_without_the_option_a_name_needs_no_team(name: str) -> None:
    assert team_errors(named(name), team_prefix=False) == []
    assert name_errors(named(name)) == []


@pytest.mark.parametrize("name", ["with.dots", "x" * 59, "x" * 64, "9lives", "a-"])
def test_a_name_that_no_service_can_have_is_refused(name: str) -> None:
    (error,) = name_errors(named(name))
    assert (error.path, error.value) == ("metadata.name", name)
    assert "at most 58 characters" in error.accepted
