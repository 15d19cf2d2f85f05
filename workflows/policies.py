"""Time-outs and retries of every step, in one table.

A step is first tried a few times by Temporal. If it still fails, the operation writes the reason
into the resource's status and tries again with a growing pause until `deadline`: so a person sees
what is wrong while it is being retried, and may abort.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.common import RetryPolicy

from workflows.model.errors import never_retried
from workflows.steps import CloudSteps, ClusterSteps, KubeSteps, PatroniSteps, PostgresSteps

FINAL = frozenset({*never_retried(), "NotYet"})
"""Failure types that no retry helps: bad input, and waits that had their own deadline."""

QUEUE = "matriarch"
LONG_QUEUE = "matriarch-long"


@dataclass(frozen=True)
class Policy:
    """How one class of steps is run."""

    timeout: timedelta
    """Of one attempt."""
    deadline: timedelta
    """Of the step as a whole, all attempts and pauses included."""
    attempts: int
    """Quick attempts by Temporal before the operation reports the failure."""
    heartbeat: timedelta | None = None
    queue: str = QUEUE

    @property
    def retry(self) -> RetryPolicy:
        return RetryPolicy(
            initial_interval=timedelta(seconds=1),
            backoff_coefficient=2.0,
            maximum_interval=timedelta(seconds=10),
            maximum_attempts=self.attempts,
            non_retryable_error_types=sorted(FINAL),
        )


LOOK = Policy(timeout=timedelta(seconds=60), deadline=timedelta(minutes=5), attempts=3)
TELL = Policy(timeout=timedelta(seconds=20), deadline=timedelta(seconds=30), attempts=3)
WRITE = Policy(
    timeout=timedelta(minutes=2),
    deadline=timedelta(minutes=20),
    attempts=3,
    heartbeat=timedelta(seconds=30),
)
WAIT = Policy(
    timeout=timedelta(hours=2),
    deadline=timedelta(hours=2),
    attempts=10,
    heartbeat=timedelta(seconds=15),
    queue=LONG_QUEUE,
)
MOVE = Policy(
    timeout=timedelta(minutes=3),
    deadline=timedelta(minutes=10),
    attempts=3,
    heartbeat=timedelta(seconds=40),
    queue=LONG_QUEUE,
)
CLOUD = Policy(
    timeout=timedelta(minutes=15),
    deadline=timedelta(minutes=30),
    attempts=3,
    heartbeat=timedelta(seconds=75),
    queue=LONG_QUEUE,
)
"""The heartbeat outlasts one command that grows a file system."""
SQL = Policy(
    timeout=timedelta(minutes=5),
    deadline=timedelta(minutes=10),
    attempts=2,
    heartbeat=timedelta(seconds=60),
)

_POLICIES: dict[Callable[..., Any], Policy] = {
    ClusterSteps.observe: LOOK,
    ClusterSteps.members: LOOK,
    ClusterSteps.report: TELL,
    KubeSteps.apply: WRITE,
    KubeSteps.remove: WAIT,
    KubeSteps.renew_pod: WAIT,
    KubeSteps.restore_template: WRITE,
    KubeSteps.until_grown: WAIT,
    CloudSteps.modify_volumes: CLOUD,
    PatroniSteps.until_primary: WAIT,
    PatroniSteps.until_members: WAIT,
    PatroniSteps.until_healthy: WAIT,
    PatroniSteps.switchover: MOVE,
    PatroniSteps.make_synchronous: WAIT,
    PatroniSteps.reset_synchronous: WRITE,
    PatroniSteps.configure: WRITE,
    PatroniSteps.restart_pending: WAIT,
    PatroniSteps.restart_member: WAIT,
    PatroniSteps.reinitialise: MOVE,
    PostgresSteps.sync_roles: SQL,
    PostgresSteps.sync_databases: SQL,
}


def policy_of(step: Callable[..., Any]) -> Policy:
    """The policy of a method of `workflows.steps`; KeyError for anything else."""
    return _POLICIES[step]


def pause_before(retry: int) -> timedelta:
    """Pause before the operation's own `retry` (1, 2, ...): 5 s, 10 s, ... up to a minute."""
    return timedelta(seconds=min(60.0, 5.0 * 2 ** min(retry - 1, 8)))
