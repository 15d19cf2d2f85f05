"""Why a cluster is not as it is wanted, and which objects that concerns. Pure."""

from collections.abc import Sequence

from workflows.model.children import Group
from workflows.model.kinds import Kind
from workflows.model.observation import Observation

GROUP_OF_KIND = {
    "ServiceAccount": Group.ACCESS,
    "RoleBinding": Group.ACCESS,
    "Service": Group.SERVICES,
    "Endpoints": Group.SERVICES,
    "Secret": Group.SECRETS,
    "PodDisruptionBudget": Group.DISRUPTION_BUDGETS,
    "StatefulSet": Group.STATEFUL_SET,
}
"""For observations of the first release, which did not name the group."""


def reasons(seen: Observation) -> list[str]:
    """Everything that differs from what is wanted and can be put right, as sentences."""
    found = [str(drifted) for drifted in seen.objects]
    if seen.finalizer_wanted != seen.finalizer:
        found.append("the finalizer is to be " + ("added" if seen.finalizer_wanted else "removed"))
    if (seen.stateful_set or not found) and not (seen.stale or seen.template_waits):
        found.extend(members_missing(seen))
    found.extend(seen.patroni.changes)
    apart = seen.stale or Kind.RESTART in seen.apart
    found.extend([] if apart else seen.patroni.restarts)
    found.extend(seen.sql_pending)
    return found


def members_missing(seen: Observation) -> list[str]:
    """Sentences about database pods that are not there, don't work, or are too many."""
    wanted = [pod for pod in seen.pods if not seen.is_surplus(pod)]
    found = [
        f"pod {pod.name} is {pod.reason or 'not ready'}"
        for pod in wanted
        if not pod.ready or not pod.role or pod.deleting
    ]
    if len(wanted) < seen.instances:
        found.append(f"{len(wanted)} of {seen.instances} pods exist")
    found.extend(f"pod {pod.name} is to go" for pod in seen.surplus)
    if seen.instances and not found and seen.primary is None:
        found.append("no pod is primary")
    return found


def groups_to_apply(seen: Observation, *, always: Sequence[Group] = ()) -> list[Group]:
    """Groups with an object that differs, in the order of creation."""
    wanted = {*always} | {drifted.group or GROUP_OF_KIND[drifted.kind] for drifted in seen.objects}
    if seen.finalizer_wanted != seen.finalizer:
        wanted.add(Group.ACCESS)
    return [group for group in Group if group in wanted]
