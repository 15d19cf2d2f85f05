"""What create and update have in common: objects, then Patroni, members, roles and databases."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from temporalio import workflow

from workflows import cloud, handover, tuning
from workflows.gates import Operation, StepFailed
from workflows.model.children import AFTER_SQL, BASIC, Group
from workflows.model.kinds import Kind
from workflows.model.operations import OperationOrder
from workflows.model.orders import ApplyOrder, GrowthOrder, MembersOrder, SqlOrder, SqlResult
from workflows.model.report import EventNote, EventReason
from workflows.steps import KubeSteps, PatroniSteps, PostgresSteps

CREATED_EVENTS = {
    Group.SERVICES: EventNote(reason="Services", message="The services have been created"),
    Group.SECRETS: EventNote(reason="Secrets", message="The secrets have been created"),
    Group.STATEFUL_SET: EventNote(reason="StatefulSet", message="The StatefulSet has been created"),
}


def count(order: OperationOrder) -> int:
    """Steps that `converge` takes for this order."""
    waits = (2 if order.instances else bool(order.surplus)) if order.members else 0
    parts = waits, 2 if order.sql else 0, 2 if order.patroni else 0
    grows = Group.VOLUME_CLAIMS in order.groups
    return len(_early(order)) + len(_late(order)) + sum(parts) + grows + order.cloud_volumes


def _early(order: OperationOrder) -> list[list[Group]]:
    """What is applied before members are waited for, step by step.

    A StatefulSet that is to lose members comes last and alone: the primary may have to move first.
    """
    early = [group for group in order.groups if group not in AFTER_SQL]
    if not order.surplus or Group.STATEFUL_SET not in early:
        return _together(early)
    others: list[Group] = [group for group in early if group is not Group.STATEFUL_SET]
    return [*_together(others), [Group.STATEFUL_SET]]


def _late(order: OperationOrder) -> list[list[Group]]:
    """What needs roles in the database, or objects that members have made."""
    return _together([group for group in order.groups if group in AFTER_SQL])


def _together(groups: list[Group]) -> list[list[Group]]:
    """Groups to be applied in one step; before this was so, each in its own."""
    if not workflow.patched("objects-at-once"):
        return [[group] for group in groups]
    return [groups] if groups else []


async def converge(operation: Operation) -> str:
    """Bring the cluster to what its resource says; returns a sentence of what was done.

    What can't be done stays a concern with a condition of its own and a warning event; should it
    be possible after all, the next look finds it pending and the operation is run again later.
    """
    order = operation.order
    await cloud.modify_volumes(operation)
    for groups in _early(order):
        if order.surplus and order.instances and Group.STATEFUL_SET in groups:
            await handover.spare_primary(operation)
        await apply(operation, groups)
    failed = None if order.kind is Kind.CREATE else await tuning.tune(operation)
    if _grows(order):
        await together(grow(operation), _members_and_inside(operation))
    else:
        await _members_and_inside(operation)
    if failed is not None:
        raise failed
    written = f"{len(operation.changed)} changes" if operation.changed else "nothing to change"
    if not operation.problems:
        return written
    reason: EventReason = "Create" if order.kind is Kind.CREATE else "Sync"
    notes = [EventNote(reason=reason, message=one, warning=True) for one in operation.problems]
    operation.emit(*notes)
    return f"{written}; open: {'; '.join(operation.problems)}"


async def _members_and_inside(operation: Operation) -> None:
    order = operation.order
    if order.members and (order.instances or order.surplus):
        await bring_up(operation)
    else:
        await sync_inside(operation)


def _grows(order: OperationOrder) -> bool:
    """Operations that began before this was so are content with having asked for the room."""
    return Group.VOLUME_CLAIMS in order.groups and workflow.patched("until-grown")


async def grow(operation: Operation) -> None:
    """See larger or faster volumes through; one that stays behind is told, and holds nothing up."""
    order = operation.order
    growth = GrowthOrder(ref=order.ref, uid=order.uid)
    try:
        await operation.step("wait for the volumes", KubeSteps.until_grown, growth)
    except StepFailed as error:
        operation.problems.append(str(error))


async def together(*steps: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run steps at the same time, each to its end; the first error is raised after that."""
    outcomes: list[Any] = await asyncio.gather(*steps, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes


async def apply(operation: Operation, groups: Sequence[Group]) -> None:
    """Apply groups of child objects."""
    order = operation.order
    applied = await operation.step(
        f"apply {'all objects' if {*BASIC} <= {*groups} else ', '.join(groups)}",
        KubeSteps.apply,
        ApplyOrder(
            ref=order.ref,
            uid=order.uid,
            groups=list(groups),
            untouched=order.untouched and not {*AFTER_SQL} & {*groups},
            instances=order.instances,
        ),
    )
    operation.changed.extend(applied.written)
    operation.problems.extend(applied.problems)
    operation.emit(
        *(EventNote(reason="ResourceLimits", message=one, warning=True) for one in applied.raised)
    )
    if order.kind is Kind.CREATE:
        operation.emit(*(CREATED_EVENTS[group] for group in groups if group in CREATED_EVENTS))


async def bring_up(operation: Operation) -> None:
    """Wait for members; users and databases come as soon as the primary accepts writes.

    So does the configuration of a new cluster's Patroni, which nobody could take before.
    """
    order = operation.order
    members = MembersOrder(
        ref=order.ref,
        uid=order.uid,
        instances=order.instances,
        deadline_seconds=order.patience_seconds,
    )
    if order.instances:
        await operation.step("wait for the primary", PatroniSteps.until_primary, members)
    new = order.kind is Kind.CREATE
    outcomes = await together(
        operation.step("wait for all members", PatroniSteps.until_members, members),
        sync_inside(operation),
        *([tuning.configure(operation)] if new else []),
    )
    if new:
        await tuning.restart_pending(operation, outcomes[-1])
        operation.emit(EventNote(reason="StatefulSet", message="All members run"))


async def sync_inside(operation: Operation) -> None:
    """Roles and databases, then what needs them."""
    await sync_sql(operation)
    for groups in _late(operation.order):
        await apply(operation, groups)


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
