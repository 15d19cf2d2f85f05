"""Who asked what of the API server: its audit log.

It holds all writing requests, and all requests of the user `operator`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
  users: [operator]
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
- level: None
"""
WRITING = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True)
class Request:
    """One that was answered, refused ones included."""

    user: str
    agent: str
    verb: str
    resource: str
    namespace: str
    name: str
    status: int
    at: datetime

    def __str__(self) -> str:
        return f"{self.verb} {self.resource} {self.namespace}/{self.name} ({self.status})"


class Audit:
    """The log from some moment on. `since` moves that moment to now."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._begin = 0

    def since(self) -> "Audit":
        later = Audit(self._log)
        later._begin = self._log.stat().st_size if self._log.exists() else 0
        return later

    def writes(
        self, *, user: str = "", agent: str = "", namespace: str = "", leases: bool = False
    ) -> list[Request]:
        """Writing requests of this user, of agents that begin so, in this namespace.

        Leases only if asked: one is renewed for ever and says nothing about a cluster.
        """
        return [
            write
            for write in self._read()
            if write.verb in WRITING
            and user in ("", write.user)
            and write.agent.startswith(agent)
            and namespace in ("", write.namespace)
            and (leases or write.resource != "leases")
        ]

    def by_agent(self) -> Counter[tuple[str, str]]:
        """Number of writes per user and user agent."""
        return Counter((write.user, write.agent) for write in self.writes())

    def requests(self, *, user: str) -> list[Request]:
        """All that this user asked, but for Leases."""
        return [
            request
            for request in self._read()
            if request.user == user and request.resource != "leases"
        ]

    def _read(self) -> Iterator[Request]:
        if not self._log.exists():
            return
        with self._log.open("rb") as log:
            log.seek(self._begin)
            for line in log:
                if line.endswith(b"\n"):
                    yield _request(line)


def _request(line: bytes) -> Request:
    event = json.loads(line)
    target = event.get("objectRef", {})
    part = f"/{target['subresource']}" if "subresource" in target else ""
    return Request(
        user=event["user"]["username"],
        agent=event.get("userAgent", ""),
        verb=event["verb"],
        resource=target.get("resource", "") + part,
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        status=event.get("responseStatus", {}).get("code", 0),
        at=datetime.fromisoformat(event["requestReceivedTimestamp"]),
    )
