"""The Teams API: who belongs to a team. One request, one answer, a time-out on each."""

import json
from http.client import responses
from typing import Any, Final
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError

from activities.kube.answers import refusal
from workflows.model.errors import Precondition, Unavailable

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 5.0

_LONGEST_ANSWER = 4 * 1024 * 1024


class TeamsClient:
    """Safe to use from any thread."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(retries=False, maxsize=8)

    def members(self, team: str, *, url: str, token: str) -> list[str]:
        """Names of a team's members, sorted.

        Raises NotFound when there is no such team, and another error of ours for any answer that
        is not plainly a list of members.
        """
        asked = f"the Teams API on team {team}"
        if not url.startswith(("http://", "https://")):
            raise Precondition(f"{asked}: its address {url!r} does not begin with https://")
        try:
            response = self._pool.request(
                "GET",
                f"{url.rstrip('/')}/teams/{quote(team, safe='')}",
                headers={"Accept": "application/json", "Authorization": f"Bearer {token}"},
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                redirect=False,  # the token is for nobody else
                preload_content=False,
            )
            body = response.read(_LONGEST_ANSWER, decode_content=True)
            response.release_conn()
        except (HTTPError, LocationValueError) as error:
            raise Unavailable(f"{asked}: no answer ({type(error).__name__})") from None
        if response.status != 200:
            # the body may hold anything, so only the status is told
            raise refusal(response.status, responses.get(response.status, "").encode(), asked=asked)
        return _members(body, asked)


def _members(body: bytes, asked: str) -> list[str]:
    try:
        answer: Any = json.loads(body)
    except ValueError:
        raise Unavailable(f"{asked}: the answer is not JSON") from None
    members = answer.get("member") if isinstance(answer, dict) else None
    if not isinstance(members, list) or not all(isinstance(name, str) for name in members):
        raise Unavailable(f"{asked}: the answer has no list of members")
    return sorted({name for name in members if name})
