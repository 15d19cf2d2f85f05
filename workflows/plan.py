"""From facts to a plan with a sentence: pure, so that every decision lies in the history.

`decide` asks the rules in order; the first that has something to say wins. A plan holds at most
one operation, and what the status should say. No rule does I/O or knows the clock but by `now`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from workflows import apart, evacuation, silence
from workflows.beginning import Plan, held_up, news, prepared, unless_backing_off
from workflows.gating import Held, hold
from workflows.model.children import BASIC, Group
from workflows.model.kinds import Kind
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.report import Report
from workflows.orders import order_for
from workflows.reasons import groups_to_apply, reasons
from workflows.repeating import back_off
from workflows.report import invalid, kept, refused, settled, without_lost_operation
from workflows.requests import asked_for, closings, order_of

Rule = Callable[[Observation, Memory, datetime], Plan | None]


def decide(seen: Observation, memory: Memory, now: datetime) -> Plan:
    """The plan of the first rule that applies, and what is to be told of all that waits."""
    hearing = silence.pause_seconds(seen, memory, now)
    seen = silence.lasting(seen, memory, now)
    seen = _spare_template(apart.keep_primary(seen), memory, now)
    plan = next(plan for rule in RULES if (plan := rule(seen, memory, now)))
    waiting = _waiting_requests(seen, memory, now)
    if plan.held is not None:
        waiting.append(plan.held)
    kept = {one.order.record for one in waiting}
    if plan.order is None:
        report = without_lost_operation(plan.report, seen, memory, now)
        plan = plan.model_copy(update={"report": report})
    else:  # what it was begun for may wait behind it
        kept |= {one.name for one in seen.operations if one.automatic} | {plan.order.record}
    pauses = [(one.until - now).total_seconds() for one in waiting if one.until is not None]
    return plan.model_copy(
        update={
            "records": [one.record for one in waiting if not one.is_told(seen)],
            "closings": closings(seen, memory, kept=kept),
            "look_again_seconds": max(1.0, min([plan.look_again_seconds, *hearing, *pauses])),
        }
    )


def cannot_wait(seen: Observation, memory: Memory, now: datetime) -> bool:
    """Whether an operation that waits for members keeps something out that needs none of them."""
    order = decide(seen, memory, now).order
    if order is None:
        return False
    roles = any(one.startswith("role ") for one in seen.sql_pending)
    alone = order.requested or order.kind in (Kind.DRAIN, Kind.ROLLING_UPDATE)
    return alone or roles or bool(groups_to_apply(seen))


def _spare_template(seen: Observation, memory: Memory, now: datetime) -> Observation:
    """Before its turn in a roll-out a cluster keeps its template: a pod that is lost meanwhile
    comes back as it was, not as the first one of what may be bad."""
    drifted = seen.new_template
    if drifted is None:
        return seen
    order = order_for(seen, memory, kind=Kind.ROLLING_UPDATE, why=str(drifted))
    held = held_up(order, seen, memory, now)
    if held is None or held.wish is None:
        return seen
    others = [one for one in seen.objects if one is not drifted]
    return seen.model_copy(update={"objects": others, "template_waits": str(drifted)})


def _waiting_requests(seen: Observation, memory: Memory, now: datetime) -> list[Held]:
    orders = [prepared(order_of(asked, seen), seen) for asked in asked_for(seen, memory)]
    found = [hold(order, seen, memory, now) for order in orders]
    return [held for held in found if held is not None]


def carry_out_request(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """Before everything else: a person waits, and what is wrong elsewhere may be the reason."""
    for asked in asked_for(seen, memory):
        order = prepared(order_of(asked, seen), seen)
        if order.kind is Kind.ROLLING_UPDATE and _an_edit_is_first(seen, memory, now):
            continue
        if hold(order, seen, memory, now) is None:
            return Plan(why=order.why, order=order)
    return None


def _an_edit_is_first(seen: Observation, memory: Memory, now: datetime) -> bool:
    """Members that are made anew are to be made from what the edit wants: it may be their cure."""
    if not seen.edit_first or seen.invalid or seen.paused:
        return False
    plan = converge(seen, memory, now)
    return plan is not None and plan.order is not None


def leave_to_another(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if not seen.found or seen.owned:
        return None
    return Plan(why="its controller annotation names another operator", ends=True)


def after_the_resource_is_gone(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if seen.found:
        return None
    verdict = memory.deletion if memory.deletion.requested else seen.deletion
    if verdict.refused:
        why = f"gone, children stay: {verdict.refused}"
        return Plan(why=why, report=kept(seen, why, uid=memory.uid), ends=True)
    if memory.deleted or not seen.leftovers:
        return Plan(why="the resource and its children are gone", ends=True)
    order = order_for(
        seen, memory, kind=Kind.DELETE, why=f"{len(seen.leftovers)} children are left"
    )
    return unless_backing_off(order, seen, memory, now)


def delete(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if not seen.deletion.requested:
        return None
    if seen.deletion.refused:
        return Plan(why=seen.deletion.refused, report=news(refused(seen), seen))
    if not seen.finalizer:
        return Plan(why="deletion waits for another's finalizer")
    order = order_for(seen, memory, kind=Kind.DELETE, why="deletion was requested")
    return unless_backing_off(order, seen, memory, now)


def refuse_invalid(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if not seen.invalid:
        return None
    why = "; ".join(str(bad) for bad in seen.invalid)
    return Plan(why=why, report=news(invalid(seen), seen), look_again_seconds=seen.resync_seconds)


def respect_pause(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if not seen.paused:
        return None
    return Plan(
        why="paused by annotation",
        report=news(settled(seen, failure=None), seen),
        look_again_seconds=seen.resync_seconds,
    )


def put_back(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """Somebody has said so: that waits for nothing, and nothing else comes before it."""
    wish = memory.rollback
    if wish is None or wish.generation != seen.generation:
        return None
    order = order_for(seen, memory, kind=Kind.ROLLING_UPDATE, why=wish.by)
    back = order.model_copy(update={"rolls_back": wish.by})
    return Plan(why=wish.by, order=prepared(back, seen))


def converge(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """Objects first. While pods are stale they are not waited for: renewing may be their cure."""
    why = reasons(seen)
    if not why:
        return None
    kind = _kind(seen)
    groups = groups_to_apply(seen, always=BASIC if kind is Kind.CREATE else ())
    order = order_for(seen, memory, kind=kind, why="; ".join(why), groups=groups)
    if _may_renew(seen) and back_off(order, memory, now) is not None:
        return None
    plan = unless_backing_off(order, seen, memory, now)
    return plan.model_copy(update={"report": _memory_of_slots(seen)}) if plan.order else plan


def renew_members(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """Once the template is right, whatever else still fails."""
    if not _may_renew(seen):
        return None
    why = "; ".join(f"{pod.name}: {pod.stale}" for pod in seen.stale)
    order = order_for(seen, memory, kind=Kind.ROLLING_UPDATE, why=why)
    return unless_backing_off(order, seen, memory, now)


def evacuate(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """Before repairs, as whoever empties the node waits for this alone."""
    order = evacuation.order(seen, memory)
    if order is None or seen.paused or not evacuation.can_begin(seen, order):
        return None
    plan = unless_backing_off(order, seen, memory, now)
    return plan if plan.order is not None else None


def begin_apart(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """Restarts and switchovers that are no part of an update, once nothing holds them."""
    plan = wait_apart(seen, memory, now)
    return plan if plan is not None and plan.order is not None else None


def wait_apart(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """When nothing else is to be done, say what they wait for."""
    order = apart.order(seen, memory)
    return unless_backing_off(order, seen, memory, now) if order is not None else None


def wait_for_turn(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """When nothing else is to be done; see `_spare_template`."""
    if not seen.template_waits:
        return None
    order = order_for(seen, memory, kind=Kind.ROLLING_UPDATE, why=seen.template_waits)
    return unless_backing_off(order, seen, memory, now)


def wait_to_evacuate(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    """When nothing else is to be done, say what it waits for."""
    order = evacuation.order(seen, memory)
    return unless_backing_off(order, seen, memory, now) if order is not None else None


def rest(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    return Plan(
        why=_all_is_done(seen),
        report=news(settled(seen, failure=None), seen),
        look_again_seconds=seen.longest_retry_seconds if seen.concerns else seen.resync_seconds,
    )


def _all_is_done(seen: Observation) -> str:
    told = "; ".join(f"{concern.name}: {concern.message}" for concern in seen.concerns)
    return f"nothing can be done about {told}" if told else "everything is as it should be"


RULES: Sequence[Rule] = (
    leave_to_another,
    after_the_resource_is_gone,
    delete,
    carry_out_request,
    evacuate,
    refuse_invalid,
    respect_pause,
    put_back,
    converge,
    renew_members,
    begin_apart,
    wait_for_turn,
    wait_to_evacuate,
    wait_apart,
    rest,
)


def _kind(seen: Observation) -> Kind:
    if not seen.created:
        return Kind.CREATE
    return Kind.UPDATE if seen.generation != seen.status.observed_generation else Kind.SYNC


def _memory_of_slots(seen: Observation) -> Report | None:
    """New slots of the manifest are written down before they are made: see `Report.slots`."""
    if not seen.patroni.new_slots:
        return None
    return Report(ref=seen.ref, uid=seen.uid, slots=seen.patroni.slots)


def _may_renew(seen: Observation) -> bool:
    """Not before the StatefulSet has the template that pods are to be made from."""
    return bool(seen.stale) and Group.STATEFUL_SET not in groups_to_apply(seen)
