"""The claims of the members' volumes, which the StatefulSet makes: annotations, size, class."""

from collections.abc import Iterator

from activities.kube import children as family
from activities.kube import ownership
from activities.kube.child import Awaited, Child, Marked, Resized
from activities.kube.client import Object
from activities.kube.parts import attributes
from activities.kube.parts.sight import Sight
from activities.manifests import claims
from activities.manifests.instances import number_of_instances
from activities.manifests.metadata import inherited_annotations, present
from workflows.model import names


def children(sight: Sight) -> Iterator[Child]:
    """Labels are written by the StatefulSet once and stay as they are."""
    annotations = inherited_annotations(sight.cluster, sight.configuration)
    problem = attributes.problem(sight)
    if problem:
        yield attributes.unobtainable(sight, problem)
    wanted = None if problem else sight.cluster.spec.volume.attributes_class
    for claim in _claims(sight, all_of_them=bool(annotations or wanted)):
        manifest = sight.place("v1", "PersistentVolumeClaim", claim["metadata"]["name"])
        manifest["metadata"] |= present({"annotations": annotations})
        yield Marked(manifest, claim, spared=sight.configuration.ignored_annotations)
        yield from _growth(sight, claim)
        if wanted:
            yield from attributes.of_claim(sight, claim, wanted=wanted, used=_is_used(sight, claim))


def _growth(sight: Sight, claim: Object) -> Iterator[Child]:
    """Before anything waits for members: one whose disk is full runs again when it has grown."""
    size = claims.wanted_size(sight.cluster, sight.configuration)
    name = claim["metadata"]["name"]
    if size is None:
        return
    place = sight.place("v1", "PersistentVolumeClaim", name)
    if claims.is_smaller(claim, size) or claims.may_ask_for_less(claim, size):
        yield Resized(place | claims.request(size), claim, size=size)
    elif claims.is_larger(claim, size):
        sight.note(claims.shrinking(claim, size))
    elif _is_used(sight, claim) and (behind := claims.growth(claim)):
        yield Awaited(place, behind)


def _is_used(sight: Sight, claim: Object) -> bool:
    """By a member that is wanted: a volume that no pod uses grows when one does."""
    ordinal = names.ordinal(claim["metadata"]["name"])
    return ordinal < number_of_instances(sight.cluster, sight.configuration)


def _claims(sight: Sight, *, all_of_them: bool) -> list[Object]:
    kind = "PersistentVolumeClaim"
    found = (
        list(sight.existing.of(kind).values())
        if all_of_them
        else sight.strays(kind, lambda one: _needs_something(sight, one))
    )
    return family.volume_claims(found, sight.ref, sight.configuration)


def _needs_something(sight: Sight, claim: Object) -> bool:
    size = claims.wanted_size(sight.cluster, sight.configuration)
    resized = size is not None and (claims.differs(claim, size) or bool(claims.growth(claim)))
    return resized or bool(ownership.annotations(claim))
