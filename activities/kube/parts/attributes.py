"""The attributes class of the members' volumes: whether it can be had, and what claims ask for."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from activities.kube.child import Awaited, Child, Finding
from activities.kube.client import Object
from activities.kube.existing import is_going
from activities.kube.judge import Difference
from activities.kube.parts.sight import Sight
from activities.kube.writer import Writer
from activities.manifests import attributes
from workflows.model import names
from workflows.model.errors import FieldError, Forbidden, InvalidSpec, Precondition
from workflows.model.observation import Drift
from workflows.model.postgresql import Postgresql

KIND: Final = "VolumeAttributesClass"


class Classed(Child):
    """A claim made by others that asks for another class than wanted; nothing restarts for it."""

    def __init__(self, manifest: Object, live: Object, *, wanted: str) -> None:
        super().__init__(manifest, live)
        self._wanted = wanted

    def finding(self, difference: Difference) -> Finding | None:
        if self.live is None or is_going(self.live):
            return None
        return Finding(Drift.CHANGED, f"{attributes.ASKED} is to be {self._wanted}")

    def settle(self, writer: Writer) -> None:
        """A refusal is told with the field that a person can change, and so is being ignored."""
        if self.live is None or is_going(self.live):
            return
        try:
            self.live = writer.merge(self.live, {"spec": attributes.request(self._wanted)})
        except (Forbidden, InvalidSpec) as error:
            raise self._unobtainable(str(error)) from error
        if self.live is not None and attributes.asked(self.live) != self._wanted:
            raise self._unobtainable("the API server does not take it over")

    def _unobtainable(self, why: str) -> Precondition:
        return Precondition(f"{attributes.FIELD} {self._wanted} can't be had: {why}")


class Unobtainable(Child):
    """A class that can't be asked for: told by a look, and as a warning when it is tried."""

    def __init__(self, manifest: Object, why: str) -> None:
        super().__init__(manifest, None)
        self._why = why

    def finding(self, difference: Difference) -> Finding | None:
        return Finding(Drift.CHANGED, self._why)

    def settle(self, writer: Writer) -> None:
        raise Precondition(self._why)


def problem(sight: Sight) -> str:
    """Why the class of the manifest can't be asked for, with the field; nothing when it can.

    Who may not look at classes takes it for there: the claims will tell.
    """
    name = sight.cluster.spec.volume.attributes_class
    if not name:
        return ""
    try:
        found = sight.existing.get(KIND, "", name) is not None
    except Forbidden:
        found = sight.existing.serves(KIND)
    if found:
        return ""
    if sight.existing.serves(KIND):
        return str(FieldError(attributes.FIELD, name, f"a {KIND} that exists"))
    accepted = f"nothing, as this Kubernetes has no {KIND} (storage.k8s.io/v1, since 1.34)"
    return str(FieldError(attributes.FIELD, name, accepted))


def unobtainable(sight: Sight, why: str) -> Child:
    """What is to be said of a class that has a `problem`."""
    place = sight.place(f"{names.GROUP}/v1", names.KIND, sight.name)
    wish = {"volume": {"attributesClass": sight.cluster.spec.volume.attributes_class}}
    return Unobtainable(place | {"spec": wish}, why)


def within_reach(sight: Sight) -> Postgresql:
    """The cluster with a class that new claims can have.

    One that can't be had leaves what stands in the StatefulSet: new members shall come up.
    """
    if not problem(sight):
        return sight.cluster
    name = names.stateful_set(sight.name)
    live = sight.existing.get("StatefulSet", sight.namespace, name)
    return _with_class(sight.cluster, _of_template(live or {}))


def of_claim(sight: Sight, claim: Object, *, wanted: str, used: bool) -> Iterator[Child]:
    """What a claim lacks of a class that is there; one without a volume yet can't be helped."""
    place = sight.place("v1", "PersistentVolumeClaim", claim["metadata"]["name"])
    if not attributes.is_bound(claim):
        if used and (told := attributes.hindrance(claim, wanted)):
            sight.note(told)
        return
    if attributes.asked(claim) != wanted:
        yield Classed(place | {"spec": attributes.request(wanted)}, claim, wanted=wanted)
    elif used and attributes.is_under_way(claim):
        yield Awaited(place, attributes.lack(claim))
    elif used and (told := attributes.refusal(claim) or attributes.lack(claim)):
        sight.note(told)


def _of_template(stateful_set: Mapping[str, Any]) -> str | None:
    templates = (stateful_set.get("spec") or {}).get("volumeClaimTemplates") or []
    return (attributes.asked(templates[0]) if templates else "") or None


def _with_class(cluster: Postgresql, name: str | None) -> Postgresql:
    volume = cluster.spec.volume.model_copy(update={"attributes_class": name})
    spec = cluster.spec.model_copy(update={"volume": volume})
    return cluster.model_copy(update={"spec": spec})
