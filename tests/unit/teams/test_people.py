"""Who gets a role in a team's clusters, and as what."""

import pytest

from activities.teams.additions import Additions
from activities.teams.directory import Answer
from activities.teams.people import People, people, teams_of
from tests.unit.postgres.manifests import configuration

MEMBERS = {"acid": ("ann", "bo"), "root": ("rhea", "ann"), "guests": ("gus",)}


def found(
    owner: str = "acid", additions: Additions | None = None, **options: str
) -> dict[str, bool]:
    """Everybody's name to whether they are a superuser."""
    known = additions or Additions()
    teams = teams_of(owner, configuration(**options), known)
    answers = {team: Answer(MEMBERS.get(team, ())) for team in teams}
    return {person.name: person.superuser for person in people(teams, known, answers).persons}


def test_members_of_the_owning_team_are_no_superusers() -> None:
    assert found() == {"ann": False, "bo": False}


def test_they_are_where_that_is_configured() -> None:
    assert found(enable_team_superuser="true") == {"ann": True, "bo": True}


@pytest.mark.parametrize(
    ("owner", "teams", "expected"),
    [
        ("acid", "root", {"ann": True, "bo": False, "rhea": True}),
        ("root", "root", {"ann": True, "rhea": True}),
        ("acid", "root,guests", {"ann": True, "bo": False, "rhea": True, "gus": True}),
        ("", "root", {"ann": True, "rhea": True}),
        ("acid", "", {"ann": False, "bo": False}),
    ],
)
def test_superuser_teams_are_superusers_everywhere(
    owner: str, teams: str, expected: dict[str, bool]
) -> None:
    assert found(owner, postgres_superuser_teams=teams) == expected


def test_additional_teams_and_members_come_in_as_ordinary_people() -> None:
    additions = Additions(
        teams={"acid": ["guests"]}, members={"acid": ["max"], "guests": ["moritz"]}
    )

    assert found(additions=additions, enable_team_superuser="true") == {
        "ann": True, "bo": True, "max": True, "gus": False, "moritz": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("enabled", "superuser"), [("true", {"ann": True, "rhea": True}), ("", {})]
)
def test_additional_superuser_teams_count_where_that_is_configured(
    enabled: str, superuser: dict[str, bool]
) -> None:
    additions = Additions(superuser_teams={"acid": ["boss"], "boss": ["root"]})

    assert found(additions=additions, enable_postgres_team_crd_superusers=enabled) == {
        "ann": False, "bo": False, **superuser,
    }  # fmt: skip


def test_a_team_without_access_of_its_own_brings_nobody() -> None:
    assert found("nobody") == {}


@pytest.mark.parametrize(
    ("additions", "answer", "complete", "problems"),
    [
        (Additions(), Answer(("ann",)), True, []),
        (Additions(), Answer(known=False), True, ["the Teams API knows no team acid"]),
        (Additions(members={"acid": ["max"]}), Answer(known=False), True, []),
        (Additions(), Answer(("ann",), problem="no answer"), False, ["no answer"]),
        (Additions(certain=False, problems=["no list"]), Answer(("ann",)), False, ["no list"]),
    ],
)  # fmt: skip
def test_nobody_is_gone_while_something_is_uncertain(
    additions: Additions, answer: Answer, complete: bool, problems: list[str]
) -> None:
    seen: People = people(teams_of("acid", configuration(), additions), additions, {"acid": answer})

    assert (seen.complete, list(seen.problems)) == (complete, problems)
