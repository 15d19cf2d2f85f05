"""The people who get a role in a cluster, and why nobody may be taken for gone. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from activities.teams.additions import Additions, following
from activities.teams.directory import Answer
from workflows.model.configuration import Configuration


@dataclass(frozen=True)
class Person:
    """Somebody who logs in under this name."""

    name: str
    superuser: bool = False


@dataclass(frozen=True)
class People:
    """All who are known, a sentence for each thing that is wrong, and whether these are all."""

    persons: Sequence[Person] = ()
    problems: Sequence[str] = ()
    complete: bool = True


@dataclass(frozen=True)
class Teams:
    """Whose members get roles: superusers first, as somebody may be in several teams."""

    superusers: Sequence[str]
    others: Sequence[str]

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys([*self.superusers, *self.others])


def teams_of(owner: str, configuration: Configuration, additions: Additions) -> Teams:
    """The teams with access to the clusters of team `owner`, which may be nobody's."""
    superusers = list(configuration.postgres_superuser_teams)
    if owner and configuration.enable_postgres_team_crd_superusers:
        superusers += following(additions.superuser_teams, owner)
    if owner and configuration.enable_team_superuser:
        superusers.append(owner)
    others = [owner, *following(additions.teams, owner)] if owner else []
    return Teams(
        superusers=list(dict.fromkeys(superusers)),
        others=[team for team in others if team not in superusers],
    )


def people(teams: Teams, additions: Additions, answers: Mapping[str, Answer]) -> People:
    """`answers` of the Teams API, if it is used."""
    found: dict[str, Person] = {}
    for team in teams:
        answer = answers.get(team, Answer())
        for name in (*answer.members, *additions.members.get(team, ())):
            found.setdefault(name, Person(name, superuser=team in teams.superusers))
    return People(
        persons=sorted(found.values(), key=lambda person: person.name),
        problems=[
            *additions.problems,
            *(answer.problem for answer in answers.values() if answer.problem),
            *(
                f"the Teams API knows no team {team}"
                for team, answer in answers.items()
                if not answer.known and not additions.names(team)
            ),
        ],
        complete=additions.certain and all(answer.certain for answer in answers.values()),
    )
