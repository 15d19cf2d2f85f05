"""Logging to standard error: one line per record, as text or JSON, with secrets masked."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from temporalio.exceptions import CancelledError
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
)

from workflows.model.errors import MatriarchError
from workflows.tripwire import TRIPWIRE, Tripwire

QUIET: Final = ("kubernetes", "urllib3", "botocore", "boto3", "asyncio")
"""Libraries that print whole answers of servers at level DEBUG, secrets included."""

CORE: Final = "error,temporalio_sdk_core=warn"
"""Its client would log every retry; `matriarch.temporal` tells once that nobody answers."""
OURS: Final = ("activities", "matriarch", "watcher", "workflows")


class Brevity(logging.Filter):
    """Puts errors that were raised on purpose into one line; they explain themselves.

    Temporal logs each failed attempt of a step with its traceback, which would bury the rest.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, MatriarchError | CancelledError):
            record.msg = f"{record.getMessage()}: {type(error).__name__}: {error}"
            record.args, record.exc_info = None, None
        return True


class Scrubber(logging.Filter):
    """Masks every noted secret in message and traceback before a record is written."""

    def __init__(self, tripwire: Tripwire) -> None:
        super().__init__()
        self._tripwire = tripwire
        self._plain = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._tripwire.scrub(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._plain.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._tripwire.scrub(record.exc_text)
        if record.stack_info:
            record.stack_info = self._tripwire.scrub(record.stack_info)
        return True


class TextFormatter(logging.Formatter):
    """`2026-03-09T10:11:12.345Z INFO watcher.feed: message`"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _time(record)


class JsonFormatter(logging.Formatter):
    """One JSON object per line, with the field names of Zalando's operator."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "msg": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_text:
            line["error"] = record.exc_text
        return json.dumps(line)


def set_up(*, as_json: bool, to: TextIO | None = None) -> None:
    """Route all logs of the process, Temporal's core included, to one stream."""
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    handler.addFilter(Brevity())
    handler.addFilter(Scrubber(TRIPWIRE))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def follow(*, debug: bool) -> None:
    """Set the level of our own packages as the configuration says (`debug_logging`)."""
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.INFO)


def forward_temporal_core() -> None:
    """Send the logs of Temporal's core through ours. Once per process, before connecting."""
    forwarding = LogForwardingConfig(
        logger=logging.getLogger("temporal.core"), append_target_to_name=False
    )
    telemetry = TelemetryConfig(logging=LoggingConfig(filter=CORE, forwarding=forwarding))
    Runtime.set_default(Runtime(telemetry=telemetry))


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
