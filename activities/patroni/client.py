"""Patroni's REST API: one request, one answer, no memory.

Plain HTTP on port 8008 without credentials, as both Spilo and Zalando's operator have it.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from workflows.model.errors import Conflict, Unavailable
from workflows.model.members import LEADERS, MemberSeen

PORT: Final = 8008
SECONDS: Final = 5.0
RESTART_SECONDS: Final = 30.0
"""Patroni answers when Postgres runs again; when that takes longer it goes on all the same."""

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


@dataclass(frozen=True)
class View:
    """The answer of `/cluster`: the members, and whether somebody has paused Patroni."""

    members: tuple[Member, ...] = ()
    paused: bool = False


class PatroniClient:
    """Asks the member at an address. Raises Unavailable when it gives no usable answer."""

    def __init__(self, *, port: int = PORT, seconds: float = SECONDS) -> None:
        self._port = port
        self._seconds = seconds

    def cluster(self, address: str) -> list[Member]:
        """All members as this one knows them, by name."""
        return list(self.view(address).members)

    def view(self, address: str) -> View:
        """The same with what holds for the cluster as a whole."""
        answer = self._expected(address, "/cluster")
        listed = answer.get("members")
        members = [_member(entry) for entry in listed] if isinstance(listed, list) else []
        members.sort(key=lambda member: member.seen.name)
        return View(tuple(members), paused=answer.get("pause") is True)

    def patroni(self, address: str) -> dict[str, Any]:
        """What this member says of itself: state, role, timeline, pending restart."""
        return self._get(address, "/patroni")[1]

    def config(self, address: str) -> dict[str, Any]:
        """The dynamic configuration, as this member has read it last.

        It reads it in each of its rounds, and for the answers of `view` and `configure`: who needs
        it as it is now asks for one of these before.
        """
        return self._expected(address, "/config")

    def leads(self, address: str, *, standby: bool = False) -> bool:
        """Whether this member is the primary; of a standby cluster: whether it leads at all.

        One that was promoted by hand has no standby leader any more.
        """
        path = "/leader" if standby else "/primary"
        return self._get(address, path)[0] == HTTPStatus.OK

    def leader(self, address: str) -> str:
        """Name of the member that leads as this one sees it; empty when it can't tell."""
        try:
            members = self.cluster(address)
        except Unavailable:
            return ""
        return next((member.seen.name for member in members if member.is_leader), "")

    # ------------------------------------------------------------------------------- writing

    def configure(self, address: str, change: Mapping[str, Any]) -> dict[str, Any]:
        """Merge into the dynamic configuration; null removes. What is stored now.

        Raises Conflict in a lost race. Patroni stores whatever it is given, and each member takes
        it over in its own next round.
        """
        status, answer = self._send("PATCH", address, "/config", change, seconds=self._seconds)
        if status == HTTPStatus.CONFLICT:
            raise Conflict(f"somebody else changed Patroni's configuration at {address}")
        if status != HTTPStatus.OK:
            raise Unavailable(f"Patroni at {address} answers PATCH /config with {status}")
        return _object(answer)

    def switchover(
        self, address: str, *, leader: str, candidate: str, seconds: float
    ) -> tuple[int, str]:
        """Ask for a switchover now; status and text of the answer, which is not the fact.

        `member` is Patroni's older name of `candidate`, which all versions accept.
        """
        body = {"leader": leader, "member": candidate, "scheduled_at": ""}
        return self._send("POST", address, "/switchover", body, seconds=seconds)

    def restart_pending(self, address: str) -> tuple[int, str]:
        """Ask this member to restart Postgres, should that still be pending."""
        return self._send("POST", address, "/restart", {"restart_pending": True}, seconds=10.0)

    def restart(self, address: str) -> tuple[int, str]:
        """Ask this member to restart Postgres in place; answered when it runs again."""
        return self._send("POST", address, "/restart", {}, seconds=RESTART_SECONDS)

    def reinitialise(self, address: str) -> tuple[int, str]:
        """Ask this replica to throw its data away, and to copy them anew from the leader."""
        body = {"force": True}
        return self._send("POST", address, "/reinitialize", body, seconds=self._seconds)

    def _expected(self, address: str, path: str) -> dict[str, Any]:
        status, answer = self._get(address, path)
        if status != HTTPStatus.OK:
            raise Unavailable(f"Patroni at {address} answers {path} with {status}")
        return answer

    def _get(self, address: str, path: str) -> tuple[int, dict[str, Any]]:
        """Status and body; Patroni tells by the status what it is, so no status is a failure."""
        status, body = self._ask("GET", address, path, seconds=self._seconds)
        try:
            answer = json.loads(body) if body else {}
        except ValueError as error:
            raise Unavailable(f"Patroni at {address} does not answer {path}: {error}") from None
        return status, answer if isinstance(answer, dict) else {}

    def _send(
        self, method: str, address: str, path: str, body: Mapping[str, Any], *, seconds: float
    ) -> tuple[int, str]:
        sent = json.dumps(body).encode()
        status, answer = self._ask(method, address, path, body=sent, seconds=seconds)
        return status, answer.decode(errors="replace").strip()

    def _ask(
        self, method: str, address: str, path: str, *, seconds: float, body: bytes | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(address, self._port, timeout=seconds)
        headers = {"Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.read(_LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise Unavailable(f"Patroni at {address} does not answer {path}: {why}") from None
        finally:
            connection.close()


def _object(text: str) -> dict[str, Any]:
    """Nothing where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _member(entry: Mapping[str, Any]) -> Member:
    role = str(entry.get("role") or "")
    lag, told = entry.get("lag"), entry.get("tags")
    tags: Mapping[str, Any] = told if isinstance(told, dict) else {}
    seen = MemberSeen(
        name=str(entry.get("name") or ""),
        role=role,
        state=str(entry.get("state") or ""),
        timeline=_number(entry.get("timeline")),
        lag_bytes=None if role in LEADERS else _number(lag),
        pending_restart=bool(entry.get("pending_restart")),
        nofailover=bool(tags.get("nofailover")),
        nosync=bool(tags.get("nosync")),
    )
    return Member(seen, str(entry.get("host") or ""), tags)


def _number(value: Any) -> int | None:
    """Patroni says `unknown` where it has no number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
