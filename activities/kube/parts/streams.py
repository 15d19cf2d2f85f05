"""Event streams: one object per application, for the operator that serves them."""

import secrets
import string
from collections.abc import Iterator
from functools import partial

from activities.kube import children as family
from activities.kube.child import Child, Prepared, Surplus
from activities.kube.client import Object
from activities.kube.parts.sight import Sight
from activities.manifests import event_stream
from activities.manifests.event_stream import API_VERSION, KIND
from workflows.model.errors import Forbidden

_ALPHABET = string.ascii_lowercase + string.digits
_LENGTH = 5


def children(sight: Sight) -> Iterator[Child]:
    """Nothing where the API server doesn't know the kind: then nobody serves streams."""
    wanted = event_stream.applications(sight.cluster)
    found = _found(sight, wanted=bool(wanted))
    for application in wanted:
        if not sight.existing.knows(KIND):
            return
        yield _stream(application, sight, _of(application, found))
    for one in found:
        application = _application(one)
        if application not in wanted:
            yield Surplus(one, f"there are no streams of application {application}")
        elif one is not _of(application, found):
            yield Surplus(one, f"there is an older one of application {application}")


def _found(sight: Sight, *, wanted: bool) -> list[Object]:
    """Ours, the oldest first."""

    def ours(one: Object) -> bool:
        return family.is_stream(one, sight.ref)

    if wanted:
        found = [one for one in sight.existing.of(KIND).values() if ours(one)]
    else:
        try:
            found = sight.strays(KIND, ours)
        except Forbidden:  # who may not see them never made one
            return []
    return sorted(found, key=lambda one: str(one["metadata"]["creationTimestamp"]))


def _of(application: str, found: list[Object]) -> Object | None:
    return next((one for one in found if _application(one) == application), None)


def _application(found: Object) -> str:
    return str((found.get("spec") or {}).get("applicationId") or "")


def _stream(application: str, sight: Sight, live: Object | None) -> Child:
    """A new one gets a name that none had before, an old one keeps its own."""
    name = live["metadata"]["name"] if live else f"{sight.name}-{_suffix()}"
    build = partial(_built, name, application, sight)
    return Prepared(sight.place(API_VERSION, KIND, name), live, build=build)


def _built(name: str, application: str, sight: Sight, live: Object | None) -> Object:
    return event_stream.build(
        name,
        cluster=sight.cluster,
        configuration=sight.configuration,
        application=application,
        live=live,
    )


def _suffix() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
