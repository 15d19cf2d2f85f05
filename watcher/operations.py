"""Which `PostgresOperation` objects ask for something, or steer what runs. Pure: no I/O.

The operator's own writes, all of them to the status, are no news.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from watcher.api import Object
from watcher.feed import Listed, News
from workflows.model.base import ClusterRef
from workflows.model.names import AUTOMATIC
from workflows.model.operations import Knock
from workflows.model.postgresoperation import Phase, Verb
from workflows.model.record import RECORD, Steer

Letter = tuple[ClusterRef, Knock]


class Facts(NamedTuple):
    """The little that is kept of one."""

    cluster: str
    generation: int
    steering: str
    heard: str
    finished: bool
    automatic: bool


@dataclass
class Operations:
    """Memory of one feed."""

    _seen: dict[tuple[str, str], Facts] = field(default_factory=dict)

    @staticmethod
    def shape(item: Object) -> Object:
        """What is looked at; plans and steps are dropped as they arrive."""
        metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
        names = ("namespace", "name", "generation")
        annotations = metadata.get("annotations") or {}
        return {
            "metadata": {name: metadata[name] for name in names if name in metadata},
            "cluster": str(spec.get("cluster") or ""),
            "steering": str(spec.get("steering") or ""),
            "heard": str(status.get("steering") or ""),
            "phase": str(status.get("phase") or ""),
            "automatic": annotations.get(AUTOMATIC) == "true",
        }

    def take(self, news: News) -> list[Letter]:
        """Knocks for the clusters whose operations ask for something new."""
        if isinstance(news, Listed):
            present = {_key(item): item for item in news.objects}
            for key in [key for key in self._seen if key not in present]:
                del self._seen[key]
            return [letter for item in news.objects for letter in self._meet(item)]
        if news.kind == "DELETED":
            self._seen.pop(_key(news.object), None)
            return []
        return list(self._meet(news.object))

    def _meet(self, item: Object) -> Iterator[Letter]:
        before, now = self._seen.get(_key(item)), _facts(item)
        self._seen[_key(item)] = now
        if now.finished or not now.cluster:
            return
        if before is not None and before.generation == now.generation:
            return
        steer = _steer(item, now)
        if steer is None and now.automatic:
            return  # we have made it ourselves
        namespace = item["metadata"]["namespace"]
        reason = "an operation is asked for" if steer is None else "an operation is steered"
        ref = ClusterRef(namespace=namespace, name=now.cluster)
        yield ref, Knock(uid="", reason=reason, steering=steer, urgent=steer is None)


def _facts(item: Object) -> Facts:
    phase = item["phase"]
    return Facts(
        cluster=item["cluster"],
        generation=int(item["metadata"].get("generation") or 0),
        steering=item["steering"],
        heard=item["heard"],
        finished=phase in [*Phase] and Phase(phase).finished,
        automatic=item["automatic"],
    )


def _steer(item: Object, facts: Facts) -> Steer | None:
    if facts.steering not in [*Verb] or facts.steering == facts.heard or facts.generation == 1:
        return None  # what stands there from the beginning is part of what is asked for
    return Steer(verb=Verb(facts.steering), operation=item["metadata"]["name"], by=RECORD)


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]
