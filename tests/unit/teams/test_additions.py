"""What PostgresTeam objects add, and how far that goes."""

import pytest

from activities.teams.additions import following, united
from workflows.model.team import PostgresTeam, parse


def team(name: str, **spec: dict[str, list[str]]) -> PostgresTeam:
    return parse({"metadata": {"name": name, "namespace": "default"}, "spec": spec})


def test_all_objects_are_united_team_by_team() -> None:
    found = united(
        [
            team("one", additionalTeams={"a": ["b"]}, additionalMembers={"a": ["zoe", "ann"]}),
            team("two", additionalTeams={"a": ["c", "b"], "d": ["e"]}),
            team(
                "three", additionalSuperuserTeams={"a": ["root"]}, additionalMembers={"a": ["bo"]}
            ),
        ]
    )

    assert found.teams == {"a": ["b", "c"], "d": ["e"]}
    assert found.members == {"a": ["ann", "bo", "zoe"]}
    assert found.superuser_teams == {"a": ["root"]}


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        ({}, []),
        ({"a": ["b", "c"]}, ["b", "c"]),
        ({"a": ["b"], "b": ["c"], "c": ["d"]}, ["b", "c", "d"]),
        ({"a": ["b"], "b": ["a"]}, ["b"]),
        ({"a": ["a"]}, []),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["b"]}, ["b", "c", "d"]),
        ({"b": ["c"]}, []),
    ],
)
def test_teams_are_followed_and_circles_are_gone_round_once(
    lists: dict[str, list[str]], found: list[str]
) -> None:
    assert following(lists, "a") == found
