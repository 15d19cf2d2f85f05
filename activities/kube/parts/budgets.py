"""How many members an eviction may take."""

from collections.abc import Iterator

from activities.kube import ownership
from activities.kube.child import Child, Kept, Surplus
from activities.kube.parts.sight import Sight
from activities.manifests import disruption_budgets


def children(sight: Sight) -> Iterator[Child]:
    """One of another name is left of another `pdb_name_format`."""
    found = sight.existing.of("PodDisruptionBudget")
    wanted = set()
    for build in (disruption_budgets.primary, disruption_budgets.critical):
        budget = build(cluster=sight.cluster, configuration=sight.configuration)
        name = budget["metadata"]["name"]
        wanted.add(name)
        yield Kept(budget, found.get(name))
    for name in sorted(found.keys() - wanted):
        if ownership.is_ours(found[name]):
            yield Surplus(found[name], "pdb_name_format asks for another name")
