"""One Lease, so that of several replicas only one dispatches.

A holder counts itself out `DEADLINE` after its last renewal, well before anyone else may take
over after `DURATION`; so at no moment two of them act, even if one is cut off from the API server
or its process was stopped for a while. Only differences of each process's own monotonic clock are
used, so clocks of machines need not agree.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from watcher.api import Api, NotFound, Object
from workflows.model.errors import Conflict

log = logging.getLogger(__name__)

DURATION_SECONDS = 12
DEADLINE_SECONDS = 8.0
RENEW_SECONDS = 3.0
RETRY_SECONDS = 1.0
REQUEST_SECONDS = 4.0


@dataclass(frozen=True)
class Sighting:
    """A version of the Lease that somebody else holds, and when we first saw it."""

    version: str
    since: float


class Lease:
    """Takes, renews and releases one Lease. `attempt` and `release` block; use one thread."""

    def __init__(
        self,
        api: Api,
        *,
        namespace: str,
        name: str,
        identity: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._folder = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._name = name
        self._identity = identity
        self._clock = clock
        self._renewed: float | None = None
        self._sighting: Sighting | None = None
        self._lock = threading.Lock()
        self._released = False
        self.holder = ""

    @property
    def held(self) -> bool:
        """Tell whether we may act at this moment. Asks no server, so it is cheap and certain."""
        return self._renewed is not None and self._clock() < self._renewed + DEADLINE_SECONDS

    def attempt(self) -> bool:
        """Renew the Lease, or take it if it is free or expired, and say whether we hold it.

        Raises when the API server does not answer or refuses; `held` then lasts to its deadline.
        """
        with self._lock:
            return not self._released and self._attempt()

    def _attempt(self) -> bool:
        began = self._clock()  # before the request: the server's view is never older than ours
        lease = self._read()
        if lease is None:
            return self._settle(self._create(), began)
        spec = lease.get("spec") or {}
        self.holder = spec.get("holderIdentity") or ""
        if self.holder not in ("", self._identity) and not self._expired(lease, began):
            self._renewed = None
            return False
        return self._settle(self._take(lease), began)

    def release(self) -> None:
        """Let a standby take over at once, and never take the Lease again.

        An attempt that another thread makes at this moment ends first. Harmless if not held.
        """
        with self._lock:
            self._released = True
            if self.held:
                self._renewed = None
                self._give_back()

    def _give_back(self) -> None:
        lease = self._read()
        if lease is not None and (lease.get("spec") or {}).get("holderIdentity") == self._identity:
            lease["spec"] |= {"holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _now()}
            self._write(lease)

    def _expired(self, lease: Object, now: float) -> bool:
        """Tell whether nobody renewed it for its duration, as far as we saw ourselves."""
        version = lease["metadata"]["resourceVersion"]
        if self._sighting is None or self._sighting.version != version:
            self._sighting = Sighting(version, now)
        duration = (lease.get("spec") or {}).get("leaseDurationSeconds") or DURATION_SECONDS
        return now >= self._sighting.since + duration

    def _settle(self, won: bool, began: float) -> bool:
        if won:
            self.holder = self._identity
            self._sighting = None
        self._renewed = began if won else None
        return won

    def _read(self) -> Object | None:
        try:
            return self._api.send("GET", f"{self._folder}/{self._name}", seconds=REQUEST_SECONDS)
        except NotFound:
            return None

    def _create(self) -> bool:
        spec = self._held_spec(acquired=_now(), transitions=0)
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name},
            "spec": spec,
        }
        try:
            self._api.send("POST", self._folder, body=body, seconds=REQUEST_SECONDS)
        except Conflict:
            return False
        log.info("created Lease %s", self._name)
        return True

    def _take(self, lease: Object) -> bool:
        """Write ourselves into it; the resourceVersion makes sure that nobody was faster."""
        spec = lease.get("spec") or {}
        ours = spec.get("holderIdentity") == self._identity
        transitions = spec.get("leaseTransitions") or 0
        lease["spec"] = self._held_spec(
            acquired=(spec.get("acquireTime") if ours else None) or _now(),
            transitions=transitions if ours else transitions + 1,
        )
        return self._write(lease)

    def _write(self, lease: Object) -> bool:
        try:
            path = f"{self._folder}/{self._name}"
            self._api.send("PUT", path, body=lease, seconds=REQUEST_SECONDS)
        except (Conflict, NotFound):
            return False
        return True

    def _held_spec(self, *, acquired: str, transitions: int) -> Object:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": DURATION_SECONDS,
            "acquireTime": acquired,
            "renewTime": _now(),
            "leaseTransitions": transitions,
        }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
