"""Brings together what is known of the people of a cluster's team."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from activities.kept import Kept
from activities.teams.additions import Additions, united
from activities.teams.directory import Directory
from activities.teams.people import People, people, teams_of
from activities.vault import ReadsObjects
from workflows.model.configuration import Configuration
from workflows.model.errors import InvalidManifest, MatriarchError
from workflows.model.team import PostgresTeam, parse

EVERYWHERE: Final = "*"
NO_TEAM: Final = "the manifest names no team, so nobody gets a role as its member"


class PeopleSource:
    """Shared by all clusters of a process; used from many threads.

    `operator_namespace` is where objects are looked for when no other is watched.
    """

    def __init__(
        self,
        kube: ReadsObjects,
        directory: Directory,
        *,
        operator_namespace: str,
        kept_seconds: float = 0.0,
    ) -> None:
        self._kube = kube
        self._directory = directory
        self._operator_namespace = operator_namespace
        self._additions: Kept[Additions] = Kept(seconds=kept_seconds)

    def people(self, team: str, configuration: Configuration) -> People | None:
        """None when nothing is configured that would tell of people. Raises nothing of its own."""
        if not (configuration.enable_teams_api or configuration.enable_postgres_team_crd):
            return None
        additions = self._read_additions(configuration)
        teams = teams_of(team, configuration, additions)
        asked = teams if configuration.enable_teams_api else ()
        found = people(teams, additions, self._directory.ask(asked, configuration))
        if team:
            return found
        return replace(found, problems=[*found.problems, NO_TEAM], complete=False)

    def forget(self) -> None:
        """Something was changed: what was read before now is not to be used any more."""
        self._additions.forget()
        self._directory.forget()

    def _read_additions(self, configuration: Configuration) -> Additions:
        if not configuration.enable_postgres_team_crd:
            return Additions()
        namespaces = self._namespaces(configuration)
        return self._additions.get(namespaces, lambda: self._listed(namespaces))

    def _namespaces(self, configuration: Configuration) -> tuple[str, ...]:
        watched = configuration.watched_namespace or self._operator_namespace
        names = sorted({name.strip() for name in watched.split(",") if name.strip()})
        return ("",) if EVERYWHERE in names else tuple(names)

    def _listed(self, namespaces: Sequence[str]) -> Additions:
        """A list that fails is not an empty one: then nobody is known to be gone."""
        objects: list[PostgresTeam] = []
        problems: list[str] = []
        for namespace in namespaces:
            try:
                listed = self._kube.list("PostgresTeam", namespace, {}, fresh=True)
            except MatriarchError as error:
                problems.append(f"PostgresTeam objects can't be read: {error}")
                continue
            for obj in listed:
                try:
                    objects.append(parse(obj))
                except InvalidManifest as error:
                    name = f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"
                    problems.append(f"PostgresTeam {name} is left out: {error}")
        return united(objects, problems=problems, certain=not problems)
