"""One endless list + watch of the objects of one kind.

Own code rather than the library's `Watch`, for three reasons: every read has a time-out (a
half-open connection would otherwise be silent for ever), a bookmark moves the place to resume
from, and another thread can end it at once.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from watcher.api import Api, Gone, Lines, Object
from watcher.backoff import Backoff
from watcher.selection import METADATA, METADATA_LIST, WHOLE, Selection
from workflows.model.errors import MatriarchError, Unavailable

log = logging.getLogger(__name__)

PAGE_SIZE = 500
SERVER_SECONDS = 240
SERVER_JITTER_SECONDS = 60
SILENCE_SECONDS = 100.0
"""A server with bookmarks says something every minute; coming back too early costs one request."""
SHORT_SECONDS = 1.0
"""A watch that ends sooner than this without news counts as failed, lest we spin."""


@dataclass(frozen=True)
class Listed:
    """Everything that exists now; whatever is not in it is gone."""

    objects: Sequence[Object]


@dataclass(frozen=True)
class Changed:
    """One event of the watch."""

    kind: Literal["ADDED", "MODIFIED", "DELETED"]
    object: Object


News = Listed | Changed


Shape = Callable[[Object], Object]
"""Cuts an object down to what is looked at later; `metadata.resourceVersion` may go too."""


def _as_it_is(item: Object) -> Object:
    return item


class Feed:
    """Delivers `Listed` once and `Changed` from there on, without a gap, until stopped."""

    def __init__(
        self,
        api: Api,
        selection: Selection,
        *,
        shape: Shape = _as_it_is,
        silence: float = SILENCE_SECONDS,
        backoff: Backoff | None = None,
    ) -> None:
        self._api = api
        self._selection = selection
        self._path = selection.path
        self._shape = shape
        self._silence = silence
        self._backoff = backoff or Backoff()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._open: Lines | None = None
        self.version: str | None = None
        """Where the watch stands; None asks for a list first."""
        self.what = selection.what
        self.lists = 0
        self.watches = 0
        self.trouble = ""

    def run(self, deliver: Callable[[News], None]) -> None:
        """Block until `stop`; trouble is logged and shown in `trouble`, never raised."""
        while not self._stopped.is_set():
            try:
                if self.version is None:
                    self._list(deliver)
                self._watch(deliver)
            except Gone:
                log.info("%s: too far behind, listing again", self._path)
                self.version = None
                self._stopped.wait(self._backoff.next())
            except MatriarchError as error:
                self._tell(error)
                self._stopped.wait(self._backoff.next())

    def stop(self) -> None:
        """End `run` at once, from any thread."""
        self._stopped.set()
        with self._lock:
            if self._open is not None:
                self._open.interrupt()

    def _list(self, deliver: Callable[[News], None]) -> None:
        self.lists += 1
        objects: list[Object] = []
        query = {"limit": str(PAGE_SIZE), **self._selection.query}
        accept = WHOLE if self._selection.whole else METADATA_LIST
        while True:
            page = self._api.get(self._path, accept=accept, **query)
            # cut down page by page: all of them whole would need hundreds of megabytes
            objects += map(self._shape, page.get("items") or [])
            metadata = page.get("metadata") or {}
            if not metadata.get("continue"):
                break
            query["continue"] = metadata["continue"]
        deliver(Listed(objects))
        self.version = metadata.get("resourceVersion") or "0"

    def _watch(self, deliver: Callable[[News], None]) -> None:
        """Follow one watch to its end; returns normally when the server ended it in good order."""
        self.watches += 1
        began = time.monotonic()
        accept = WHOLE if self._selection.whole else METADATA
        lines = self._api.stream(
            self._path, query=self._query(), silence=self._silence, accept=accept
        )
        with self._lock:
            self._open = lines
        self.trouble, heard = "", False
        try:
            if self._stopped.is_set():
                return
            for line in lines:
                self._take(line, deliver)
                self._backoff.reset()
                heard = True
        finally:
            with self._lock:
                self._open = None
            lines.close()
        if not heard and time.monotonic() - began < SHORT_SECONDS and not self._stopped.is_set():
            raise Unavailable(f"watch {self._path}: ended at once")

    def _take(self, line: Object, deliver: Callable[[News], None]) -> None:
        kind, body = line.get("type"), line.get("object") or {}
        if kind == "ERROR":
            raise _failure(self._path, body)
        if kind in ("ADDED", "MODIFIED", "DELETED") and not self._stopped.is_set():
            deliver(Changed(kind, self._shape(body)))
        self.version = body["metadata"]["resourceVersion"]

    def _query(self) -> dict[str, str]:
        seconds = SERVER_SECONDS + random.randrange(SERVER_JITTER_SECONDS)
        return {
            **self._selection.query,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self.version or "0",
            "timeoutSeconds": str(seconds),
        }

    def _tell(self, error: MatriarchError) -> None:
        if self._stopped.is_set():
            return
        if not self.trouble:
            log.warning("%s; trying again", error)
        self.trouble = str(error)


def _failure(path: str, status: Object) -> MatriarchError:
    text = f"watch {path}: {status.get('code')} {status.get('message', '')}"
    return Gone(text) if status.get("code") == 410 else Unavailable(text)
