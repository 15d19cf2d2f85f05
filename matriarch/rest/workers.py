"""Unfinished business, shown as Zalando's numbered workers.

There are no such workers here: every cluster has a workflow of its own. Each is assigned a number
by its name, so that the questions tools ask still have true answers. A worker is idle only if
nothing that anybody has changed before the question is still to be heard, looked at, or done.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from activities.kube.client import Object
from matriarch.rest.clusters import is_operated_on, process_of, ref_of
from matriarch.rest.errors import NoAnswer
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock

IDLE: Final = "idle"
TOGETHER: Final = 16
"""Entities asked at the same time."""

Waiting = Sequence[tuple[ClusterRef, Sequence[Knock]]]


class Hearing(Protocol):
    """What the watcher has heard; see `watcher.service.Watcher`."""

    def heard(self, metadata: Mapping[str, Any]) -> bool: ...

    def waiting(self) -> Waiting: ...

    def standing_by(self) -> str: ...


class Unsettled(Protocol):
    """Who was told something; see `matriarch.temporal.Temporal`."""

    def told(self) -> Mapping[ClusterRef, int]: ...

    def settle(self, ref: ClusterRef, number: int) -> None: ...


AtRest = Callable[[ClusterRef], Awaitable[bool]]


class Business:
    """Which clusters are not at rest. To be asked in the event loop."""

    def __init__(self, watcher: Hearing, temporal: Unsettled, at_rest: AtRest) -> None:
        self._watcher, self._temporal, self._at_rest = watcher, temporal, at_rest

    async def unfinished(self, items: Sequence[Object]) -> list[ClusterRef]:
        """Of resources that were read after the question was asked; in the order of `items`."""
        if holder := self._watcher.standing_by():
            raise NoAnswer(f"this process only stands by: {holder}")
        waiting = {ref for ref, _ in self._watcher.waiting()}
        gone_or_here = waiting | await self._restless()
        found = [
            ref_of(item)
            for item in items
            if ref_of(item) in gone_or_here
            or is_operated_on(item)
            or not self._watcher.heard(item["metadata"])
        ]
        return [*found, *sorted(gone_or_here.difference(found), key=str)]

    async def _restless(self) -> set[ClusterRef]:
        told, turn = dict(self._temporal.told()), asyncio.Semaphore(TOGETHER)

        async def rests(ref: ClusterRef, number: int) -> bool:
            async with turn:
                if not await self._at_rest(ref):
                    return False
            self._temporal.settle(ref, number)
            return True

        answers = await asyncio.gather(*(rests(ref, number) for ref, number in told.items()))
        return {ref for ref, at_rest in zip(told, answers, strict=True) if not at_rest}


def number_of(ref: ClusterRef, workers: int) -> int:
    """Which of the numbered workers a cluster is shown under; always the same."""
    return zlib.crc32(str(ref).encode()) % workers


def statuses(
    unfinished: Sequence[ClusterRef], items: Sequence[Object], *, workers: int
) -> dict[str, Any]:
    """`idle`, or what a worker is about, by its number."""
    known = {ref_of(item): item for item in items}
    found: dict[str, Any] = {str(number): IDLE for number in range(workers)}
    for ref in unfinished:
        process = process_of(known[ref]) if ref in known else process_of({})
        about = {"Namespace": ref.namespace, "Name": ref.name}
        entry = {"CurrentCluster": about, "CurrentProcess": process}
        number = str(number_of(ref, workers))
        if found[number] == IDLE:
            found[number] = entry
    return found


def queues(waiting: Waiting, *, workers: int) -> dict[str, Any]:
    """Knocks that are not delivered yet, by number of the worker."""
    found: dict[str, Any] = {str(n): {"Keys": [], "List": []} for n in range(workers)}
    for ref, knocks in waiting:
        number = number_of(ref, workers)
        for knock in knocks:
            kind = "DELETE" if knock.gone else "SYNC"
            found[str(number)]["Keys"].append(f"{kind}-{knock.uid}")
            found[str(number)]["List"].append(
                {
                    "EventType": kind,
                    "UID": knock.uid,
                    "Cluster": {"Namespace": ref.namespace, "Name": ref.name},
                    "Reason": knock.reason,
                    "WorkerID": number,
                }
            )
    return found


def of_number(found: Mapping[str, Any], number: str) -> Any:
    """One worker's part."""
    key = str(int(number))
    if key not in found:
        raise NoAnswer(f"there are only workers 0 to {len(found) - 1}")
    return found[key]
