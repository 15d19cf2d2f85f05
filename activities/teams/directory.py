"""What is known of teams: the Teams API's answers, kept for a while.

They are kept because all clusters of a team would ask the same, and because an API that does not
answer must not hold up each look anew. A failure leaves the last known members in place, and
marked as possibly outdated, so that nobody loses a role by it.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, Protocol

from activities.vault import Vault
from workflows.model.configuration import Configuration
from workflows.model.errors import MatriarchError, NotFound, NotYet, Precondition

KEPT_SECONDS: Final = 300.0
FAILURE_SECONDS: Final = 30.0
"""How long a failure is believed: also by those who ask for fresh answers."""

TOKEN_TYPE: Final = "read-only-token-type"
TOKEN: Final = "read-only-token-secret"
_AT_ONCE = 8


class AsksForMembers(Protocol):
    """See `activities.teams.client.TeamsClient`."""

    def members(self, team: str, *, url: str, token: str) -> list[str]: ...


@dataclass(frozen=True)
class Answer:
    """Members of one team."""

    members: tuple[str, ...] = ()
    known: bool = True
    """Whether the Teams API knows the team at all; else it has no members there."""
    problem: str = ""
    """Why these may not be the members, or nothing."""
    at: float = 0.0

    @property
    def certain(self) -> bool:
        """Whether these are the members, and not only those that were known once."""
        return not self.problem


class Directory:
    """One per process; used from many threads."""

    def __init__(
        self,
        client: AsksForMembers,
        vault: Vault,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._vault = vault
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[tuple[str, str], Answer] = {}
        self._forgotten = float("-inf")

    def ask(self, teams: Iterable[str], configuration: Configuration) -> Mapping[str, Answer]:
        """The members of each team; those that have to be asked for are asked for at once."""
        wanted = list(dict.fromkeys(teams))
        missing = [team for team in wanted if not self._is_fresh(team, configuration)]
        if missing:
            self._refresh(missing, configuration)
        with self._lock:
            return {team: self._answers[configuration.teams_api_url, team] for team in wanted}

    def forget(self) -> None:
        """Ask again for whatever is asked for next; members stay known in case that fails."""
        with self._lock:
            self._forgotten = self._clock()

    def _is_fresh(self, team: str, configuration: Configuration) -> bool:
        now = self._clock()
        with self._lock:
            known = self._answers.get((configuration.teams_api_url, team))
            if known is None:
                return False
            if not known.certain:
                return now - known.at < FAILURE_SECONDS
            return now - known.at < KEPT_SECONDS and known.at > self._forgotten

    def _refresh(self, teams: list[str], configuration: Configuration) -> None:
        url, began = configuration.teams_api_url, self._clock()
        try:
            token = self._token(configuration)
        except MatriarchError as error:
            began = float("-inf")  # nobody was asked, so whoever comes next may try
            answers = [self._failed(url, team, str(error)) for team in teams]
        else:
            with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(teams))) as pool:
                answers = list(pool.map(lambda team: self._asked(url, team, token), teams))
        with self._lock:
            for team, answer in zip(teams, answers, strict=True):
                self._answers[url, team] = replace(answer, at=began)

    def _asked(self, url: str, team: str, token: str) -> Answer:
        try:
            return Answer(members=tuple(self._client.members(team, url=url, token=token)))
        except NotFound:
            return Answer(known=False)
        except MatriarchError as error:
            return self._failed(url, team, str(error))

    def _failed(self, url: str, team: str, problem: str) -> Answer:
        with self._lock:
            last = self._answers.get((url, team), Answer())
        return replace(last, problem=problem)

    def _token(self, configuration: Configuration) -> str:
        place = configuration.oauth_token_secret_name
        if place is None:
            raise Precondition("no Secret with the token of the Teams API is configured")
        found = self._vault.open(place.namespace, place.name)
        if found is None:
            raise NotYet(f"there is no Secret {place} with the token of the Teams API")
        kind, token = found.text(TOKEN_TYPE), found.secret(TOKEN)
        if kind != "Bearer":
            raise Precondition(f"{TOKEN_TYPE} of {found} is not Bearer")
        if not token:
            raise Precondition(f"{found} has no {TOKEN}")
        return token
