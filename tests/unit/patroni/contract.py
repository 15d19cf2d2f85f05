"""What Patroni was seen to do when its configuration changes: true of the real and the fake one.

`tests/unit/patroni/test_fake.py` runs it on the fake, and
`tests/scenarios/test_patroni_configuration.py` on a real cluster of two.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Json = dict[str, Any]
Until = Callable[[str, Callable[[], bool]], None]


class Api(Protocol):
    """One request to the Patroni of a member: status and answer, JSON where it is some."""

    def __call__(
        self, member: str, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, Any]: ...


def check_patch(api: Api, primary: str) -> None:
    """PATCH merges, null removes, and what is stored is stored as it was given."""
    api(primary, "GET", "/cluster")
    _, before = api(primary, "GET", "/config")
    slot = {"type": "physical"}
    status, answer = api(primary, "PATCH", "/config", {"ttl": "40", "slots": {"contract": slot}})
    assert status == 200
    expected = {**before, "ttl": "40", "slots": {**before.get("slots", {}), "contract": slot}}
    assert answer == expected, (answer, expected)
    api(primary, "GET", "/cluster")  # or else a member may tell what it knew before
    _, told = api(primary, "GET", "/config")
    assert told == expected, (told, expected)
    undo = {"ttl": before["ttl"], "slots": {"contract": None}}
    status, answer = api(primary, "PATCH", "/config", undo)
    expected = {**before, "slots": before.get("slots", {})}
    assert (status, answer) == (200, expected), (status, answer, expected)


def check_restart_without_need(api: Api, replica: str) -> None:
    """Who does not wait for a restart is not restarted."""
    assert "pending_restart" not in _told(api, replica)
    status, _ = api(replica, "POST", "/restart", {"restart_pending": True})
    assert status == 503


def check_lowering(api: Api, primary: str, replica: str, *, until: Until) -> None:
    """A standby restarted before its primary goes on waiting; after it, no more."""
    _, config = api(primary, "GET", "/config")
    before = int(config["postgresql"]["parameters"]["max_connections"])
    after = before - 10
    reasons = {"max_connections": {"old_value": str(before), "new_value": str(after)}}
    _set_connections(api, primary, after)
    for member in (primary, replica):
        until(f"{member} waits", lambda member=member: _reasons(api, member) == reasons)  # type: ignore[misc]
    assert _restart(api, replica) == 200
    until(f"{replica} waits again", lambda: _reasons(api, replica) == reasons)
    assert _restart(api, primary) == 200
    assert _reasons(api, primary) == {}
    assert _reasons(api, replica) == reasons
    until(f"{replica} has replayed it", lambda: not _restart_left(api, replica))
    _set_connections(api, primary, before)
    for member in (replica, primary):
        until(f"{member} waits", lambda member=member: _reasons(api, member) != {})  # type: ignore[misc]
        assert _restart(api, member) == 200
        assert _reasons(api, member) == {}


def _set_connections(api: Api, member: str, value: int) -> None:
    parameters = {"max_connections": str(value)}
    api(member, "PATCH", "/config", {"postgresql": {"parameters": parameters}})


def _restart(api: Api, member: str) -> int:
    status, _ = api(member, "POST", "/restart", {"restart_pending": True})
    return status


def _restart_left(api: Api, member: str) -> Json:
    """What it still waits for after one more restart."""
    assert _restart(api, member) == 200
    return _reasons(api, member)


def _reasons(api: Api, member: str) -> Json:
    return dict(_told(api, member).get("pending_restart_reason", {}))


def _told(api: Api, member: str) -> Json:
    _, told = api(member, "GET", "/patroni")
    return dict(told)
