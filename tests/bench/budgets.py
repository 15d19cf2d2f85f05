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


BUDGETS = {
    "superuser-2": Budget("apply (2 members) -> superuser connects", 10.7, 11),
    "insert-2": Budget("apply (2 members) -> first INSERT by an application user", 51.7, 14),
    "streaming-2": Budget("apply (2 members) -> all members streaming", 50.8, 25),
    "running-2": Budget("apply (2 members) -> status Running", 51.7, 26),
    "insert-1": Budget("apply (1 member) -> first INSERT by an application user", 12.7, 12),
    "new-user": Budget("new user and database -> login works", 1.5, 1.5),
    "delete": Budget("delete -> all objects gone", 27.2, 20),
    "calls-create": Budget("API calls: create (2 members)", 68, 60, "calls"),
    "calls-quiet": Budget("API calls: a look that finds nothing to do", 37, 12, "calls"),
    "memory": Budget("operator memory, working set", 53, 150, "MB"),
    "platform-up": Budget("local platform, warm: nothing -> nodes Ready and Temporal", None, 30),
    "platform-cpu": Budget("local platform idle with operator: share of one core", None, 25, "%"),
    "platform-memory": Budget("local platform idle: memory (PSS)", None, 3.0, "GiB"),
}
