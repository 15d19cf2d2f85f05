"""The two workers of this process: quick steps and workflows, and steps that wait for long."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from workflows.client import LONG_QUEUE, QUEUE
from workflows.cluster import Cluster
from workflows.create import Create
from workflows.delete import Delete
from workflows.drain import Drain
from workflows.fleet import Fleet
from workflows.reinitialise import Reinitialise
from workflows.restart import Restart
from workflows.rolling_update import RollingUpdate
from workflows.sandbox import runner
from workflows.switchover import Switchover
from workflows.update import Update

log = logging.getLogger(__name__)

WORKFLOWS: Final[Sequence[type]] = (
    Cluster,
    Create,
    Update,
    Delete,
    RollingUpdate,
    Switchover,
    Restart,
    Reinitialise,
    Drain,
    Fleet,
)
QUICK_SLOTS: Final = 32
LONG_SLOTS: Final = 1000
"""A waiting step costs a thread that sleeps, 15 kB of memory; with too few slots those that wait
for members would keep out a switchover."""
CACHED_WORKFLOWS: Final = 3000
"""More than clusters and operations together: an evicted one is replayed at its next task."""
GRACE: Final = timedelta(seconds=20)
LONG_GRACE: Final = timedelta(seconds=1)
"""Long steps wait and look, so that they may be cut short: another worker takes over at once."""
HEARTBEAT_THROTTLE: Final = timedelta(seconds=2)
STICKY_TIMEOUT: Final = timedelta(seconds=5)
"""How long a task waits for a worker that was killed before another one may take it."""

Step = Callable[..., Any]


class Workers:
    """Polls both queues from `start` until `stop`."""

    def __init__(
        self,
        client: Client,
        *,
        steps: Sequence[Step],
        identity: str,
        interceptors: Sequence[Interceptor] = (),
    ) -> None:
        self._threads = [
            ThreadPoolExecutor(QUICK_SLOTS, thread_name_prefix="step"),
            ThreadPoolExecutor(LONG_SLOTS, thread_name_prefix="long-step"),
        ]
        quick, long = self._threads
        self._workers = [
            Worker(
                client,
                task_queue=QUEUE,
                workflows=WORKFLOWS,
                workflow_runner=runner(),
                max_cached_workflows=CACHED_WORKFLOWS,
                activities=steps,
                activity_executor=quick,
                max_concurrent_activities=QUICK_SLOTS,
                identity=identity,
                interceptors=interceptors,
                sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
                max_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
                default_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
                graceful_shutdown_timeout=GRACE,
            ),
            Worker(
                client,
                task_queue=LONG_QUEUE,
                activities=steps,
                activity_executor=long,
                max_concurrent_activities=LONG_SLOTS,
                identity=identity,
                interceptors=interceptors,
                max_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
                default_heartbeat_throttle_interval=HEARTBEAT_THROTTLE,
                graceful_shutdown_timeout=LONG_GRACE,
            ),
        ]

    def problem(self) -> str:
        """Says so when a queue is not polled."""
        return "" if all(worker.is_running for worker in self._workers) else "not polling"

    async def run(self) -> None:
        """Poll until cancelled, then let running steps end within their grace; both at once."""
        polling = [asyncio.create_task(worker.run()) for worker in self._workers]
        log.info("polling task queues %s and %s", QUEUE, LONG_QUEUE)
        try:
            await asyncio.wait(polling, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await asyncio.gather(*(worker.shutdown() for worker in self._workers))
            ended = await asyncio.gather(*polling, return_exceptions=True)
            for threads in self._threads:
                threads.shutdown(wait=False, cancel_futures=True)
        for result in ended:
            if isinstance(result, BaseException):
                raise result
