"""What `PostgresTeam` objects add to the Teams API, united over all of them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from workflows.model.team import PostgresTeam

Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Additions:
    """Team by team. `certain` is False when some object may be missing or can't be used."""

    teams: Lists = field(default_factory=dict)
    superuser_teams: Lists = field(default_factory=dict)
    members: Lists = field(default_factory=dict)
    problems: Sequence[str] = ()
    certain: bool = True

    def names(self, team: str) -> bool:
        """Whether an object says something of this team, which need not exist anywhere else."""
        return any(team in lists for lists in (self.teams, self.superuser_teams, self.members))


def united(
    objects: Sequence[PostgresTeam], *, problems: Sequence[str] = (), certain: bool = True
) -> Additions:
    """One list for each team, whichever objects name it, without repetitions."""
    specs = [obj.spec for obj in objects]
    return Additions(
        teams=_merged(spec.additional_teams for spec in specs),
        superuser_teams=_merged(spec.additional_superuser_teams for spec in specs),
        members=_merged(spec.additional_members for spec in specs),
        problems=problems,
        certain=certain,
    )


def _merged(maps: Iterable[Lists]) -> Lists:
    merged: dict[str, list[str]] = {}
    for one in maps:
        for team, names in one.items():
            merged.setdefault(team, []).extend(names)
    return {team: sorted(set(names)) for team, names in merged.items()}


def following(lists: Lists, team: str) -> list[str]:
    """The teams that `team` names, those that they name, and so on; a circle is gone round once."""
    found: list[str] = []
    waiting = [team]
    while waiting:
        for name in lists.get(waiting.pop(0), ()):
            if name != team and name not in found:
                found.append(name)
                waiting.append(name)
    return found
