"""What create and update have in common: objects, then members, then roles and databases."""

import asyncio

from workflows.gates import Operation
from workflows.model.operations import (
    ApplyOrder,
    EventNote,
    EventReason,
    Group,
    Kind,
    MembersOrder,
    OperationOrder,
    SqlOrder,
    SqlResult,
)
from workflows.steps import KubeSteps, PatroniSteps, PostgresSteps

CREATED_EVENTS = {
    Group.SERVICES: EventNote(reason="Services", message="The services have been created"),
    Group.SECRETS: EventNote(reason="Secrets", message="The secrets have been created"),
    Group.STATEFUL_SET: EventNote(reason="StatefulSet", message="The StatefulSet has been created"),
}


def count(order: OperationOrder) -> int:
    """Steps that `converge` takes for this order."""
    return len(order.groups) + (2 if order.instances else 0) + (2 if order.sql else 0)


async def converge(operation: Operation) -> str:
    """Bring the cluster to what its resource says; returns a sentence of what was done.

    What can't be done stays a concern with a condition of its own and a warning event; should it
    be possible after all, the next look finds it pending and the operation is run again later.
    """
    order = operation.order
    for group in order.groups:
        await apply(operation, group)
    if order.instances:
        await bring_up(operation)
    written = f"{len(operation.changed)} changes" if operation.changed else "nothing to change"
    if not operation.problems:
        return written
    reason: EventReason = "Create" if order.kind is Kind.CREATE else "Sync"
    notes = [EventNote(reason=reason, message=one, warning=True) for one in operation.problems]
    operation.emit(*notes)
    return f"{written}; open: {'; '.join(operation.problems)}"


async def apply(operation: Operation, group: Group) -> None:
    """Apply one group of child objects."""
    order = operation.order
    applied = await operation.step(
        f"apply {group}",
        KubeSteps.apply,
        ApplyOrder(ref=order.ref, uid=order.uid, group=group),
    )
    operation.changed.extend(applied.written)
    operation.problems.extend(applied.problems)
    if order.kind is Kind.CREATE and group in CREATED_EVENTS:
        operation.emit(CREATED_EVENTS[group])


async def bring_up(operation: Operation) -> None:
    """Wait for members; users and databases come as soon as the primary accepts writes."""
    order = operation.order
    members = MembersOrder(
        ref=order.ref,
        uid=order.uid,
        instances=order.instances,
        deadline_seconds=order.patience_seconds,
    )
    await operation.step("wait for the primary", PatroniSteps.until_primary, members)
    parts = [operation.step("wait for all members", PatroniSteps.until_members, members)]
    outcomes = await asyncio.gather(*parts, sync_sql(operation), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    if order.kind is Kind.CREATE:
        operation.emit(EventNote(reason="StatefulSet", message="All members run"))


async def sync_sql(operation: Operation) -> None:
    """Roles, then databases; what fails there stops nothing else, and is told at the end."""
    order = SqlOrder(ref=operation.order.ref, uid=operation.order.uid)
    if not operation.order.sql:
        return
    for title, step in (
        ("roles", PostgresSteps.sync_roles),
        ("databases", PostgresSteps.sync_databases),
    ):
        result: SqlResult = await operation.step(f"bring {title} up to date", step, order)
        operation.changed.extend(result.changed)
        operation.problems.extend(result.failed)
