"""Edits of a running cluster of two members: how long until the user has what was asked for."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.moments import when
from tests.field.cluster import SECRET, Cluster
from tests.field.kubectl import Manifest
from tests.field.waiting import until
from tests.field.writer import Writer

Found = dict[str, float]
ROWS_BEFORE = 100
SWITCHOVERS = 10


@dataclass(frozen=True)
class Changes:
    """`calls` tells which requests the operator has made so far, `say` what they were."""

    cluster: Cluster
    calls: Callable[[], Counter[str]]
    say: Callable[[str], None]

    def all(self) -> Iterator[Callable[[], Found]]:
        """In an order in which none disturbs the next."""
        yield self.new_user
        yield self.password
        yield self.parameter
        yield self.pooler
        yield self.volume
        yield self.scale
        yield self.switchovers
        yield self.rolling_update

    def new_user(self) -> Found:
        began = self._edit({"users": {"late": []}, "databases": {"later": "late"}})
        return {"new-user": when(began, lambda: self._logs_in("late", "later"))}

    def password(self) -> Found:
        """The Secret is edited by hand, and an application takes the password from there."""
        name = SECRET.format(user="shop", cluster=self.cluster.name)
        new = {"stringData": {"password": f"changed-{time.monotonic_ns()}"}}
        self.cluster.kubectl.patch("secret", name, new)
        return {"password": when(time.monotonic(), lambda: self._logs_in("shop", "orders"))}

    def parameter(self) -> Found:
        wanted = str(100 + int(time.monotonic()) % 100)
        began = self._edit({"postgresql": {"parameters": {"max_connections": wanted}}})

        def in_force() -> bool:
            shown = [
                self.cluster.superuser("show max_connections", pod=pod["metadata"]["name"])
                for pod in self.cluster.pods()
            ]
            return [text.strip() for text in shown] == [wanted] * 2 and self._runs()

        return {"parameter": when(began, in_force)}

    def pooler(self) -> Found:
        began = self._edit({"enableConnectionPooler": True})
        kubectl = self.cluster.kubectl
        host = f"{self.cluster.name}-pooler.{kubectl.namespace}"
        found = {"pooler": when(began, lambda: self._logs_in("shop", "orders", host=host))}
        self._edit({"enableConnectionPooler": False})
        until("Running again", self._runs, within=120)
        return found

    def scale(self) -> Found:
        began = self._edit({"numberOfInstances": 3})
        query = "select count(*) from pg_stat_replication where state = 'streaming'"
        found = {"scale-up": when(began, lambda: self.cluster.superuser(query).strip() == "2")}
        until("Running with three", self._runs, within=120)
        began = self._edit({"numberOfInstances": 2})
        found["scale-down"] = when(began, lambda: len(self.cluster.pods()) == 2)
        until("Running with two", self._runs, within=120)
        return found

    def volume(self) -> Found:
        claims = self._claims()
        size = f"{1 + int(claims[0]['spec']['resources']['requests']['storage'].rstrip('Gi'))}Gi"
        began = self._edit({"volume": {"size": size}})

        def all_have(part: str) -> bool:
            found = [claim[part] for claim in self._claims()]
            amounts = [one.get("capacity") or one["resources"]["requests"] for one in found]
            return {amount["storage"] for amount in amounts} == {size}

        found = {"volume-asked": when(began, lambda: all_have("spec"))}
        found["volume-there"] = when(began, lambda: all_have("status"))
        until("Running again", self._runs, within=120)
        return found

    def switchovers(self) -> Found:
        """Asked for one after the other, while an application writes 100 rows a second."""
        gaps = []
        with Writer(self.cluster) as writer:
            until("rows before", lambda: writer.count > ROWS_BEFORE)
            for number in range(SWITCHOVERS):
                before = writer.count
                self._switch_over(f"bench-{time.monotonic_ns()}-{number}")
                _until_more(writer, ROWS_BEFORE)
                gaps.append(writer.longest_gap_since(before))
        return {
            "switchover-gap": statistics.median(gaps),
            "switchover-gap-worst": max(gaps),
            "switchover-lost": len(writer.lost()),
        }

    def _switch_over(self, name: str) -> None:
        former = self.cluster.primary()
        self.cluster.request(name, kind="switchover")
        ended = "Succeeded"
        until("the switchover", lambda: self.cluster.answer(name).get("phase") == ended, within=120)
        assert self.cluster.primary() != former
        self.cluster.until_streaming(1)

    def rolling_update(self) -> Found:
        """While an application writes 100 rows a second."""
        before = self._uids()
        calls = self.calls()
        with Writer(self.cluster) as writer:
            until("rows before", lambda: writer.count > ROWS_BEFORE)
            began = self._edit({"resources": {"requests": {"cpu": "12m"}}})
            seconds = when(began, lambda: not before & self._uids() and self._runs())
        made = self.calls() - calls
        self.say(f"calls of the rolling update: {told(made)}")
        return {
            "rolling": seconds,
            "rolling-gap": writer.longest_gap,
            "rolling-lost": len(writer.lost()),
            "calls-rolling": made.total(),
        }

    def _edit(self, spec: dict[str, object]) -> float:
        """Returns the moment at which it was made."""
        self.cluster.kubectl.patch("postgresql", self.cluster.name, {"spec": spec})
        return time.monotonic()

    def _logs_in(self, user: str, database: str, *, host: str = "") -> bool:
        return self.cluster.login("select 1", user=user, db=database, host=host).strip() == "1"

    def _runs(self) -> bool:
        resource = self.cluster.resource()
        status = resource.get("status", {})
        newest = status.get("observedGeneration") == resource["metadata"]["generation"]
        return bool(newest and status.get("PostgresClusterStatus") == "Running")

    def _claims(self) -> list[Manifest]:
        return self.cluster.kubectl.list("pvc", selector=self.cluster.selector)

    def _uids(self) -> set[str]:
        return {str(pod["metadata"]["uid"]) for pod in self.cluster.pods()}


def told(calls: Counter[str]) -> str:
    """The most frequent first."""
    return ", ".join(f"{number} {what}" for what, number in calls.most_common())


def _until_more(writer: Writer, rows: int) -> None:
    written = writer.count
    until("rows after", lambda: writer.count > written + rows)
