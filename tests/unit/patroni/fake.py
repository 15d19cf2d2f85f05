"""A Patroni that does what the real one was seen to do when Postgres waits for a restart.

`tests/scenarios/test_patroni_configuration.py` holds it against the real one.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from activities.patroni.differences import LOWERED_ON_THE_PRIMARY_FIRST
from tests.apiserver.golden.fake_patroni import NEEDS_RESTART, Cluster, Json, Member, Members
from tests.unit.sql_server.world import NAME, NAMESPACE

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


class Patroni(Cluster):
    """Members with a Postgres each, that runs with the values it was started with."""

    def __init__(self, instances: int = 2) -> None:
        super().__init__(NAMESPACE, NAME, {})
        self.config["loop_wait"] = 10
        self.members = {f"{NAME}-{n}": ADDRESSES[n] for n in range(instances)}
        self.leader = f"{NAME}-0"
        self.running = {name: self._asked() for name in self.members}
        self.states = dict.fromkeys(self.members, "running")
        self.rounds = dict.fromkeys(self.members, 1)
        """Times at which members have seen the configuration; the real ones are seconds."""
        self.refuses: set[str] = set()
        """Members whose Postgres does not start again."""
        self.paused = False
        self.reasons = True
        """Patronis before version 4 don't tell why a restart is due."""
        self.seen = dict.fromkeys(self.members, self._asked())
        self.read = dict.fromkeys(self.members, copy.deepcopy(self.config))
        """The configuration as each member knows it: from its last round, or from its last look
        at the cluster for somebody."""
        self.unheard: set[str] = set()
        """Members of which the others don't know yet that they wait for a restart."""
        self.lagging: set[str] = set()
        """Members that take a new configuration over only when told to."""

    @property
    def restarts(self) -> list[str]:
        return [each["member"] for each in self.requests if each["path"] == "/restart"]

    @property
    def patches(self) -> list[Json]:
        return [each["body"] for each in self.requests if each["method"] == "PATCH"]

    def patch(self, change: Json) -> None:
        super().patch(change)
        self.pending = set()
        for name in self.members.keys() - self.lagging:
            self.take_over(name)

    def take_over(self, name: str) -> None:
        self.read[name] = copy.deepcopy(self.config)
        self.seen[name] = self._asked()
        self.rounds[name] += 1

    def known_to(self, pod: str) -> Json:
        return self.read[pod]

    def overview(self, pod: str) -> Json:
        self.read[pod] = copy.deepcopy(self.config)
        paused = {"pause": True} if self.paused else {}
        return super().overview(pod) | paused

    def member(self, name: str, address: str) -> Json:
        seen = super().member(name, address)
        told = self._reasons(name) and name not in self.unheard
        waits = {"pending_restart": True} if told else {}
        return seen | waits

    def restart(self, pod: str) -> tuple[int, str]:
        """A standby never starts with less than its primary has; it waits for a restart again."""
        if not self._reasons(pod):
            return 503, "restart conditions are not satisfied"
        if pod in self.refuses:
            self.states[pod] = "start failed"
            return 503, "restart failed"
        started = self._asked()
        if pod != self.leader:
            primary = self.running[self.leader or ""]
            for limit in LOWERED_ON_THE_PRIMARY_FIRST & started.keys() & primary.keys():
                started[limit] = str(max(int(started[limit]), int(primary[limit])))
        self.running[pod] = started
        return 200, "restarted successfully"

    def state(self, pod: str) -> Json:
        reasons = self._reasons(pod)
        told = super().state(pod) | {"state": self.states[pod], "dcs_last_seen": self.rounds[pod]}
        if reasons:
            told["pending_restart"] = True
        if reasons and self.reasons:
            told["pending_restart_reason"] = reasons
        return told

    def _reasons(self, pod: str) -> dict[str, Any]:
        running, asked = self.running[pod], self.seen[pod]
        return {
            name: {"old_value": running.get(name), "new_value": asked[name]}
            for name in asked
            if running.get(name) != asked[name]
        }

    def _asked(self) -> dict[str, str]:
        """Only those that a running server can't change."""
        parameters = self.parameters()
        return {name: str(parameters[name]) for name in parameters if name in NEEDS_RESTART}


@contextmanager
def answering(patroni: Patroni) -> Iterator[int]:
    """The port at which all its members answer."""
    server = Members(port=0)
    for name, address in patroni.members.items():
        server.at[address] = Member(patroni, name)
    yield int(server.server_address[1])
    server.end()
