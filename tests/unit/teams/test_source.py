"""Teams API and PostgresTeam objects together, with what goes wrong in either."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from activities.teams.client import TeamsClient
from activities.teams.directory import FAILURE_SECONDS, KEPT_SECONDS, Directory
from activities.teams.people import People
from activities.teams.source import NO_TEAM, PeopleSource
from activities.vault import Vault
from tests.field.teams_api import TeamsApi, serving
from tests.unit.postgres.manifests import configuration
from tests.unit.postgres.objects import Objects, secret
from workflows.model.errors import NotFound, Unavailable
from workflows.tripwire import TRIPWIRE

TOKEN = "Token-Of-The-Teams-Api"


@dataclass
class Office:
    """Everything that tells of people, the clock included."""

    api: TeamsApi
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.kube = Objects()
        self.api.teams["acid"] = ["ann", "bo"]
        self.token("Bearer", TOKEN)
        directory = Directory(TeamsClient(), Vault(self.kube), clock=lambda: self.now)
        self.source = PeopleSource(self.kube, directory, operator_namespace="operators")

    def token(self, kind: str, token: str) -> None:
        keys = {"read-only-token-type": kind, "read-only-token-secret": token}
        self.kube.put(secret("postgresql-operator", **keys))

    def team(self, name: str, *, namespace: str = "operators", **spec: Any) -> None:
        meta = {"name": name, "namespace": namespace}
        self.kube.put({"kind": "PostgresTeam", "metadata": meta, "spec": spec})

    def people(self, team: str = "acid", **options: str) -> People:
        options = {"teams_api_url": self.api.url, **options}
        found = self.source.people(team, configuration(**options))
        assert found is not None
        return found

    def names(self, **options: str) -> list[str]:
        return [person.name for person in self.people(**options).persons]


@pytest.fixture
def office() -> Iterator[Office]:
    with serving(TOKEN) as api:
        yield Office(api)


CRD = {"enable_postgres_team_crd": "true"}


def test_members_are_known_from_both(office: Office) -> None:
    office.team("more", additionalMembers={"acid": ["max"]})

    assert office.names() == ["ann", "bo"]
    assert office.names(**CRD) == ["ann", "bo", "max"]
    assert office.names(enable_teams_api="false", **CRD) == ["max"]


def test_with_neither_nobody_can_tell() -> None:
    source = PeopleSource(Objects(), Directory(TeamsClient(), Vault(Objects())),
                          operator_namespace="operators")  # fmt: skip

    assert source.people("acid", configuration(enable_teams_api="false")) is None


def test_the_answer_is_kept_until_it_is_old_or_something_changed(office: Office) -> None:
    office.people()
    office.api.teams["acid"] = ["ann"]
    assert office.names() == ["ann", "bo"]

    office.now += 1
    office.source.forget()
    office.now += 1
    assert office.names() == ["ann"]

    office.api.teams["acid"] = []
    office.now += KEPT_SECONDS
    assert office.names() == []


def test_an_outage_leaves_the_last_known_people_and_says_so(office: Office) -> None:
    office.people()
    office.api.faults["acid"] = (500, b"")
    office.now += KEPT_SECONDS

    seen = office.people()

    assert [person.name for person in seen.persons] == ["ann", "bo"]
    assert not seen.complete
    assert seen.problems == ["the Teams API on team acid: Internal Server Error (500)"]


def test_a_failure_is_not_asked_for_again_at_once_but_soon(office: Office) -> None:
    office.api.faults["acid"] = (500, b"")
    office.people()
    office.source.forget()
    office.people()
    assert len(office.api.asked) == 1

    del office.api.faults["acid"]
    office.now += FAILURE_SECONDS
    assert office.people().complete
    assert len(office.api.asked) == 2


def test_a_team_that_is_not_known_is_empty_with_a_warning(office: Office) -> None:
    seen = office.people("nobody")

    assert (seen.persons, seen.complete) == ([], True)
    assert seen.problems == ["the Teams API knows no team nobody"]


def test_one_team_that_fails_leaves_the_others_known(office: Office) -> None:
    office.api.faults["root"] = (500, b"")

    seen = office.people(postgres_superuser_teams="root")

    assert [person.name for person in seen.persons] == ["ann", "bo"]
    assert not seen.complete


@pytest.mark.parametrize(
    ("kind", "token", "problem"),
    [
        ("Basic", TOKEN, "read-only-token-type of Secret operators/postgresql-operator is not "
         "Bearer"),
        ("Bearer", "", "Secret operators/postgresql-operator has no read-only-token-secret"),
    ],
)  # fmt: skip
def test_without_a_usable_token_nobody_is_asked(
    office: Office, kind: str, token: str, problem: str
) -> None:
    office.token(kind, token)

    seen = office.people()

    assert (seen.problems, seen.complete, office.api.asked) == ([problem], False, [])


def test_the_token_is_known_to_the_tripwire(office: Office) -> None:
    office.people()

    assert TRIPWIRE.trips(TOKEN)
    assert not TRIPWIRE.trips("Bearer")


@pytest.mark.parametrize("error", [Unavailable("no answer"), NotFound("no such kind")])
def test_a_list_that_fails_is_no_empty_list(office: Office, error: Any) -> None:
    office.kube.broken["PostgresTeam"] = error

    seen = office.people(**CRD)

    assert not seen.complete
    assert seen.problems == [f"PostgresTeam objects can't be read: {error}"]


def test_a_bad_object_is_left_out_and_named(office: Office) -> None:
    office.team("bad", additionalMembers={"acid": "max"})
    office.team("good", additionalMembers={"acid": ["moritz"]})

    seen = office.people(**CRD)

    assert [person.name for person in seen.persons] == ["ann", "bo", "moritz"]
    assert not seen.complete
    assert seen.problems[0].startswith("PostgresTeam operators/bad is left out: ")


@pytest.mark.parametrize(
    ("watched", "names"),
    [("", ["max"]), ("apps", ["moritz"]), ("*", ["max", "moritz"]), ("apps, operators", ["max",
     "moritz"])],
)  # fmt: skip
def test_objects_count_where_clusters_are_watched(
    office: Office, watched: str, names: list[str]
) -> None:
    office.team("one", additionalMembers={"acid": ["max"]})
    office.team("two", namespace="apps", additionalMembers={"acid": ["moritz"]})

    found = office.names(enable_teams_api="false", watched_namespace=watched, **CRD)

    assert found == names


def test_a_manifest_without_a_team_makes_nobody_a_member_and_nobody_gone(office: Office) -> None:
    seen = office.people("")

    assert (seen.persons, seen.complete, seen.problems) == ([], False, [NO_TEAM])
