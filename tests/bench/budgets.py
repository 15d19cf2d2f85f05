"""What Zalando's operator 2.0.1 needed on such a platform, and what ours may need at most.

Seconds unless named otherwise; measured with 2 cores, 3 nodes, image present, PG 17.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """One measure: its name for people, Zalando's figure, and our limit."""

    title: str
    zalando: float | None
    limit: float | None
    unit: str = "s"

    def ratio(self, ours: float) -> float | None:
        """Of our figure to Zalando's, where there is one."""
        return ours / self.zalando if self.zalando else None


BUDGETS = {
    "superuser-2": Budget("apply (2 members) -> superuser connects", 10.7, 11),
    "insert-2": Budget("apply (2 members) -> first INSERT by an application user", 51.7, 14),
    "streaming-2": Budget("apply (2 members) -> all members streaming", 50.8, 25),
    "running-2": Budget("apply (2 members) -> status Running", 51.7, 26),
    "insert-1": Budget("apply (1 member) -> first INSERT by an application user", 12.7, 12),
    "new-user": Budget("new user and database -> login works", 1.5, 1.5),
    "password": Budget("password changed in the Secret -> login works", None, 5),
    "parameter": Budget("parameter with restart -> on both members and Running", 36.9, 20),
    "pooler": Budget("pooler on -> first query through it", 5.4, 5),
    "scale-up": Budget("scale 2 -> 3: streaming", 29.6, 20),
    "scale-down": Budget("scale 3 -> 2: gone", 10.3, 10),
    "volume-asked": Budget("volume 1 GiB larger: all claims ask for it", 0.2, 0.5),
    "volume-there": Budget("volume 1 GiB larger: all claims have it", 3.3, 3.5),
    "switchover-gap": Budget("write gap of a planned switchover, median of 10", 2.3, 2.4),
    "switchover-gap-worst": Budget("the same, worst of 10", None, None),
    "switchover-lost": Budget("the same: acknowledged rows lost", 0, 0, "rows"),
    "rolling": Budget("rolling update of 2 members -> status Running", 36.0, 24),
    "rolling-gap": Budget("the same: longest write gap", 2.3, 2.3),
    "rolling-lost": Budget("the same: acknowledged rows lost", 0, 0, "rows"),
    "calls-rolling": Budget("API calls: rolling update", 33, 33, "calls"),
    "delete": Budget("delete -> all objects gone", 27.2, 20),
    "calls-create": Budget("API calls: create (2 members)", 68, 60, "calls"),
    "calls-quiet": Budget("API calls: a look that finds nothing to do", 37, 12, "calls"),
    "memory": Budget("operator memory, working set", 53, 150, "MB"),
    "platform-up": Budget("local platform, warm: nothing -> nodes Ready and Temporal", None, 30),
    "platform-cpu": Budget("local platform idle with operator: share of one core", None, 25, "%"),
    "platform-memory": Budget("local platform idle: memory (PSS)", None, 3.0, "GiB"),
    "fleet-clusters": Budget("simulated fleet: size", None, None, "clusters"),
    "fleet-memory-idle": Budget("operator memory, no cluster", None, None, "MB"),
    "fleet-memory-few": Budget("operator memory, 5 clusters", 53, 150, "MB"),
    "fleet-memory-many": Budget("operator memory, 200 clusters or fewer", None, None, "MB"),
    "fleet-memory": Budget("operator memory, whole fleet", None, 350, "MB"),
    "fleet-cpu-create": Budget("operator CPU of a create", None, None, "s"),
    "fleet-calls-create": Budget("API calls: create (1 member, no SQL)", 68, 60, "calls"),
    "fleet-calls-look": Budget("API calls: a look that finds nothing to do", 37, 12, "calls"),
    "fleet-writes-look": Budget("API writes of all these looks", None, 0, "calls"),
    "fleet-cpu-look": Budget("operator CPU of such a look", None, 60, "ms"),
    "fleet-cpu-idle": Budget("operator CPU, nothing to do", 0.001, 0.05, "cores"),
    "fleet-cpu-resync": Budget("the same with resyncs every 30 min", None, 0.05, "cores"),
    "fleet-edit": Budget("8 clusters edited at once -> first API write, median", 3.6, 0.5),
    "fleet-edit-max": Budget("the same, longest", 4.4, 1),
    "fleet-edit-stuck": Budget("the same beside one that can't be scheduled, median", None, 0.5),
    "fleet-edit-stuck-max": Budget("the same beside it, longest", None, 1),
}
