"""What people ask of one member: a restart of Postgres in place, or a new copy of its data.

Both look before they act, so that asking twice does nothing twice.
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from activities.cluster import pods
from activities.patroni.sight import Sight
from workflows.model.errors import Precondition, Unavailable
from workflows.model.members import LEADERS

RUNNING: Final = "running"
COPYING: Final = "creating replica"
_ACCEPTED: Final = (HTTPStatus.OK, HTTPStatus.ACCEPTED)
_MOST_REFUSALS: Final = 5


class Asked:
    """One request to one member; call `restarted` or `copying` until it says nothing."""

    def __init__(self, sight: Sight, member: str) -> None:
        self._sight = sight
        self._member = member
        self._refusals = 0
        self._asked = False

    def restarted(self, *, since: datetime) -> str:
        """What is missing until a Postgres runs there that was started after `since`."""
        told, lack = self._told()
        if lack:
            return lack
        started = _started(told)
        if told.get("state") == RUNNING and started is not None and started > since:
            return ""
        if told.get("state") != RUNNING or self._asked:
            return f"{self._member}: {told.get('state') or 'Postgres does not run'}"
        return self._ask(*self._sight.patroni.restart(self._address()), doing="restarting")

    def copying(self) -> str:
        """What is missing until the member has begun to copy."""
        told, lack = self._told()
        if lack:
            return lack
        if told.get("role") in LEADERS | {"primary"}:
            raise Precondition(f"{self._member} leads: its data are not to be thrown away")
        if self._asked or told.get("state") == COPYING:
            return ""
        answer = self._sight.patroni.reinitialise(self._address())
        return self._ask(*answer, doing="asked to copy its data anew")

    def _told(self) -> tuple[dict[str, Any], str]:
        """What the member says of itself, or why it says nothing."""
        self._sight.refresh()
        if not self._address():
            return {}, f"{self._member}: its pod does not run"
        try:
            return self._sight.patroni.patroni(self._address()), ""
        except Unavailable as error:
            return {}, f"{self._member}: {error}"

    def _address(self) -> str:
        pod = self._sight.pods.get(self._member)
        return pods.address(pod) if pod is not None else ""

    def _ask(self, status: int, text: str, *, doing: str) -> str:
        """Accepted, or refused: tried again a few times, as Patroni may be busy with something."""
        if status in _ACCEPTED:
            self._asked = True
            return f"{self._member}: {doing}"
        self._refusals += 1
        if self._refusals >= _MOST_REFUSALS:
            raise Precondition(f"Patroni of {self._member} refuses: {text or status}")
        return f"{self._member}: Patroni refuses: {text or status}"


def _started(told: dict[str, Any]) -> datetime | None:
    """When this Postgres was started, in Patroni's words `2026-01-31 12:00:00.123456+00:00`."""
    text = told.get("postmaster_start_time")
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
