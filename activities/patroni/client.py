"""Patroni's REST API, as far as it is read: one request, one answer, no memory.

Plain HTTP on port 8008 without credentials, as both Spilo and Zalando's operator have it.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from workflows.model.errors import Unavailable
from workflows.model.observation import MemberSeen

PORT: Final = 8008
SECONDS: Final = 5.0
LEADERS: Final = frozenset({"leader", "standby_leader", "master"})
"""Roles of the one member that holds the leader lock; `master` before Patroni 4."""

_LONGEST_ANSWER = 4 * 1024 * 1024


@dataclass(frozen=True)
class Member:
    """A member in the answer of `/cluster`."""

    seen: MemberSeen
    host: str
    tags: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_leader(self) -> bool:
        return self.seen.role in LEADERS


class PatroniClient:
    """Asks the member at an address. Raises Unavailable when it gives no usable answer."""

    def __init__(self, *, port: int = PORT, seconds: float = SECONDS) -> None:
        self._port = port
        self._seconds = seconds

    def members(self, address: str) -> list[MemberSeen]:
        """All members as this one knows them, by name."""
        return [member.seen for member in self.cluster(address)]

    def cluster(self, address: str) -> list[Member]:
        """The same with their addresses and tags."""
        answer = self._expected(address, "/cluster")
        listed = answer.get("members")
        members = [_member(entry) for entry in listed] if isinstance(listed, list) else []
        return sorted(members, key=lambda member: member.seen.name)

    def patroni(self, address: str) -> dict[str, Any]:
        """What this member says of itself: state, role, timeline, pending restart."""
        return self._get(address, "/patroni")[1]

    def config(self, address: str) -> dict[str, Any]:
        """The dynamic configuration, which is the same at all members."""
        return self._expected(address, "/config")

    def leads(self, address: str, *, standby: bool = False) -> bool:
        """Whether this member holds the leader lock, of a standby cluster if so asked."""
        path = "/standby-leader" if standby else "/primary"
        return self._get(address, path)[0] == HTTPStatus.OK

    def _expected(self, address: str, path: str) -> dict[str, Any]:
        status, answer = self._get(address, path)
        if status != HTTPStatus.OK:
            raise Unavailable(f"Patroni at {address} answers {path} with {status}")
        return answer

    def _get(self, address: str, path: str) -> tuple[int, dict[str, Any]]:
        """Status and body; Patroni tells by the status what it is, so no status is a failure."""
        connection = http.client.HTTPConnection(address, self._port, timeout=self._seconds)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            body = response.read(_LONGEST_ANSWER)
            answer = json.loads(body) if body else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = str(error) or type(error).__name__
            raise Unavailable(f"Patroni at {address} does not answer {path}: {why}") from None
        finally:
            connection.close()
        return response.status, answer if isinstance(answer, dict) else {}


def _member(entry: Mapping[str, Any]) -> Member:
    role = str(entry.get("role") or "")
    lag = entry.get("lag")
    seen = MemberSeen(
        name=str(entry.get("name") or ""),
        role=role,
        state=str(entry.get("state") or ""),
        timeline=_number(entry.get("timeline")),
        lag_bytes=None if role in LEADERS else _number(lag),
        pending_restart=bool(entry.get("pending_restart")),
    )
    tags = entry.get("tags")
    return Member(seen, str(entry.get("host") or ""), tags if isinstance(tags, dict) else {})


def _number(value: Any) -> int | None:
    """Patroni says `unknown` where it has no number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
