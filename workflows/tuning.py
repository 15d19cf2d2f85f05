"""Patroni's configuration and the restarts it asks for, as a part of create and update."""

from workflows.gates import Operation, StepFailed
from workflows.model.orders import Configured, ConfigureOrder, RestartOrder
from workflows.model.report import EventNote
from workflows.steps import PatroniSteps


async def tune(operation: Operation) -> StepFailed | None:
    """Patroni first: it may have to promote a member before a primary can be waited for.

    A failure comes back, to be raised when the rest, which does not depend on it, is done.
    """
    try:
        await restart_pending(operation, await configure(operation))
    except StepFailed as failed:
        return failed
    return None


async def configure(operation: Operation) -> Configured:
    """Bring Patroni's dynamic configuration up to date."""
    order = operation.order
    if not order.patroni:
        return Configured()
    configured = await operation.step(
        "configure Patroni", PatroniSteps.configure, ConfigureOrder(ref=order.ref, uid=order.uid)
    )
    operation.changed.extend(configured.changed)
    return configured


async def restart_pending(operation: Operation, configured: Configured) -> None:
    """Restart Postgres where the configuration asks for it."""
    order = operation.order
    pods_are_made_anew = not order.members
    if order.restarts_wait or pods_are_made_anew or not configured.restart:
        return
    restarted = await operation.step(
        "restart members that wait for it",
        PatroniSteps.restart_pending,
        RestartOrder(
            ref=order.ref,
            uid=order.uid,
            primary_first=configured.primary_first,
            deadline_seconds=order.patience_seconds,
        ),
    )
    done = [f"Postgres restarted in {name}" for name in restarted.restarted]
    operation.changed.extend(done)
    operation.emit(*(EventNote(reason="Update", message=one) for one in done))
    if restarted.held:
        operation.problems.append(f"members wait for a restart: {restarted.held}")
