"""Looking at members between moves, and moving the primary: told in events, seen to have worked."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow

from workflows import health
from workflows.gates import Operation, StepFailed
from workflows.model.kinds import Kind
from workflows.model.members import Membership
from workflows.model.names import Role
from workflows.model.orders import (
    ConfigureOrder,
    HealthOrder,
    MembershipOrder,
    SwitchoverOrder,
    SynchronousOrder,
)
from workflows.model.report import EventNote
from workflows.renewal import living_leader, obstacles, wanted
from workflows.steps import ClusterSteps, PatroniSteps

PAUSES = (1.0, 1.0, 2.0, 3.0, 5.0, 10.0)
"""Seconds before another look where nothing can be done but wait; the last one again and again."""


class Patience:
    """Waits for the world to change, look by look, until a deadline. A pause is no waiting."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self.moved()

    async def wait(self, why: str) -> None:
        """Raises StepFailed with `why` when it has lasted too long."""
        limit = timedelta(seconds=self._operation.order.patience_seconds)
        held = self._operation.held - self._held
        if held and workflow.patched("patience-while-held"):
            limit += held
        if workflow.now() - self._began > limit:
            raise StepFailed(why)
        pause = PAUSES[min(self._waits, len(PAUSES) - 1)]
        self._waits += 1
        await self._operation.wait(why, seconds=pause)

    def moved(self) -> None:
        """Something was done: what comes next has the whole time again."""
        self._began = workflow.now()
        self._held = self._operation.held
        self._waits = 0


async def look(operation: Operation) -> Membership:
    """The members as they are now."""
    order = operation.order
    renews = order.kind is Kind.ROLLING_UPDATE
    seen = await operation.look(
        "look at the members",
        ClusterSteps.members,
        MembershipOrder(
            ref=order.ref,
            uid=order.uid,
            made_before=order.asked_at if renews else "",
            nodes=order.kind is Kind.DRAIN,
        ),
    )
    operation.show(seen)
    return seen


async def until_healthy(operation: Operation, name: str, *, does: str = "serves") -> None:
    """The gate after each move: this member serves as well as it can."""
    order = operation.order
    await operation.step(
        f"wait until {name} {does}",
        PatroniSteps.until_healthy,
        HealthOrder(
            ref=order.ref, uid=order.uid, pod=name, deadline_seconds=order.patience_seconds
        ),
    )


async def switch_over(operation: Operation, seen: Membership, *, candidate: str) -> str:
    """Hand over. Returns nothing, or why the candidate does not lead: to be looked at again."""
    assert seen.leader is not None
    order, leader = operation.order, seen.leader.name
    if not health.becomes_synchronous(seen, candidate):
        return await _hand_over(operation, leader=leader, candidate=candidate)
    ready = await operation.step(
        f"make {candidate} a synchronous standby",
        PatroniSteps.make_synchronous,
        SynchronousOrder(
            ref=order.ref,
            uid=order.uid,
            pod=candidate,
            leader=leader,
            deadline_seconds=order.patience_seconds,
        ),
    )
    failed = ready.lack or await _hand_over(operation, leader=leader, candidate=candidate)
    await operation.step(
        "have as many synchronous standbys as before",
        PatroniSteps.reset_synchronous,
        ConfigureOrder(ref=order.ref, uid=order.uid),
    )
    return failed


async def _hand_over(operation: Operation, *, leader: str, candidate: str) -> str:
    order = operation.order
    told = f"from {leader} to {candidate}"
    operation.emit(EventNote(reason="Switchover", message=f"Switching over {told}"))
    found = await operation.step(
        f"switch over to {candidate}",
        PatroniSteps.switchover,
        SwitchoverOrder(ref=order.ref, uid=order.uid, leader=leader, candidate=candidate),
    )
    if found.leader == candidate:
        operation.emit(EventNote(reason="Switchover", message=f"Switched over {told}"))
        return ""
    why = f"{found.leader or 'nobody'} leads; {found.refusal}".rstrip("; ")
    operation.emit(EventNote(reason="Switchover", message=f"Switchover {told} failed: {why}"))
    return f"{candidate} has not taken over: {why}"


async def spare_primary(operation: Operation) -> None:
    """Before members are removed: see that none of them leads."""
    patience = Patience(operation)
    while True:
        seen = await look(operation)
        stay = [pod.name for pod in wanted(seen)]
        leader = seen.leader.name if seen.leader else ""
        if (unsafe := _unsafe(seen, operation.order.kind)) and _waits_for_a_leader():
            await patience.wait(unsafe)
            continue
        if not leader or leader in stay:
            return
        candidate = health.candidate(seen, among=stay)
        if candidate is None:
            await patience.wait(_nobody(stay, seen))
            continue
        if failed := await switch_over(operation, seen, candidate=candidate.name):
            await patience.wait(failed)


def _unsafe(seen: Membership, kind: Kind) -> str:
    """Why it can't be said whether the primary is among those that are to go, or nothing.

    Where no member stays there is nobody to take over. A cluster whose creation has not come as
    far as a first leader has nothing to lose, and fewer members may be what it needs.
    """
    going = [pod for pod in seen.pods if pod.ordinal >= seen.instances]
    if not (seen.instances and going):
        return ""
    leader = living_leader(seen)
    if leader is None:
        never_led = kind is Kind.CREATE and not (seen.members or any(p.role for p in seen.pods))
        names = ", ".join(pod.name for pod in going)
        return "" if never_led else f"nobody is seen to lead, and the primary may be among {names}"
    for pod in going:
        if pod.role == Role.MASTER and not pod.deleting and pod.name != leader.name:
            return f"{pod.name} is to go and still labelled as the primary; {leader.name} leads"
    return ""


def _waits_for_a_leader() -> bool:
    """Operations that began before this was so remove members all the same."""
    return workflow.patched("until-somebody-leads")


def _nobody(stay: Sequence[str], seen: Membership) -> str:
    leader = seen.leader.name if seen.leader else "the primary"
    return f"{leader} is to go and nobody may take over; {obstacles(seen, list(stay))}"
