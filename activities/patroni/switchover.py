"""A planned switchover. What Patroni answers is not the fact: who holds the lock is looked at.

Patroni answers some seconds after the lock has moved, or never if it takes longer than it waits.
So it is asked from a thread of its own, and the candidate is watched meanwhile.
"""

import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from activities.patroni.client import PatroniClient
from activities.patroni.sight import Sight
from workflows.model.errors import Unavailable
from workflows.model.names import Role
from workflows.model.orders import Leadership, SwitchoverOrder

SECONDS_AFTER_REFUSAL: Final = 5.0
ANSWER_SECONDS: Final = 40.0
"""Patroni waits twice its loop_wait for the lock to move, at least 20 s."""


@dataclass
class Request:
    """A request on its way, in a thread that may outlive whoever waits."""

    patroni: PatroniClient
    address: str
    order: SwitchoverOrder
    refusal: str = ""
    """What Patroni said when it did not do it; empty when it did, or has not answered yet."""
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def _ask(self) -> None:
        try:
            status, text = self.patroni.switchover(
                self.address,
                leader=self.order.leader,
                candidate=self.order.candidate,
                seconds=ANSWER_SECONDS,
            )
        except Unavailable as error:  # it may have happened all the same
            self.refusal = str(error)
            return
        if status != HTTPStatus.OK:
            self.refusal = f"Patroni refuses: {text}"


class Switchover:
    """One switchover; call `lack` until it says nothing."""

    def __init__(self, sight: Sight, order: SwitchoverOrder) -> None:
        self._sight = sight
        self._order = order
        self._request: Request | None = None
        self._refused_at: float | None = None
        self._leader = ""

    def lack(self) -> str:
        """What is missing, as a person would say it, or nothing."""
        self._sight.refresh()
        if self._request is None:
            return self._begin()
        if self._candidate_leads():
            self._leader = self._order.candidate
            return self._unlabelled()
        return "" if self._gave_up() else f"{self._order.candidate}: waiting for the leader lock"

    def result(self) -> Leadership:
        refusal = self._request.refusal if self._request else ""
        return Leadership(leader=self._leader, refusal=refusal)

    def _begin(self) -> str:
        """Ask the leader, if it is still the one that was meant."""
        leader = next((one for one in self._sight.members().values() if one.is_leader), None)
        if leader is None:
            return "nobody leads"
        self._leader = leader.seen.name
        if self._leader == self._order.candidate:
            return self._unlabelled()
        if self._leader != self._order.leader:
            return ""
        self._request = Request(self._sight.patroni, leader.host, self._order)
        return f"{self._order.candidate}: asked to take over"

    def _candidate_leads(self) -> bool:
        pod = self._sight.pods.get(self._order.candidate)
        return pod is not None and self._sight.leads(pod)

    def _unlabelled(self) -> str:
        """Services find the primary by its label, which Patroni writes a moment later."""
        self._sight.refresh(now=True)
        pod = self._sight.pods.get(self._order.candidate)
        labelled = pod is not None and self._sight.role(pod) == Role.MASTER.value
        return "" if labelled else f"{self._order.candidate} leads, its pod is not labelled yet"

    def _gave_up(self) -> bool:
        """After a refusal things are as they were; Patroni may take a moment to say who leads."""
        assert self._request is not None
        if not (self._request.over and self._request.refusal):
            return False
        self._refused_at = self._refused_at or time.monotonic()
        leader = next((one for one in self._sight.members().values() if one.is_leader), None)
        self._leader = leader.seen.name if leader else ""
        return time.monotonic() - self._refused_at > SECONDS_AFTER_REFUSAL
