"""Keeping a StatefulSet on its former pod template until another one is asked for. Pure.

That the manifest's template was rolled back is written on the StatefulSet itself, as the digest of
the refused template: so it survives any process, and ends by itself as soon as something else is
asked for. Who wants the same template after all takes the annotation off.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from activities.cluster.pods import is_ready
from activities.kube import keep
from activities.kube.client import Object
from activities.kube.staleness import newest_revision, revision_of
from workflows.model.errors import Precondition
from workflows.model.names import ROLLED_BACK

NOTHING_BEFORE: Final = "there is no former pod template to go back to"


def kept(wanted: Object, live: Mapping[str, Any] | None) -> Object:
    """`wanted`, with the live template in place of its own if that one was rolled back."""
    mark = _mark(live)
    if live is None or _digest_in(mark) != digest(wanted["spec"]["template"]):
        return wanted
    return _with(wanted, template=live["spec"]["template"], mark=mark)


def restored(
    wanted: Object,
    live: Mapping[str, Any],
    *,
    written: bool,
    revisions: Sequence[Mapping[str, Any]],
    pods: Iterable[Object],
    by: str,
) -> Object:
    """`wanted`, with the former template; what was put back already stays as it is.

    `written`: the live template is the one of `wanted`, not yet another one. `revisions` are the
    ControllerRevisions of the StatefulSet, `pods` its pods.
    Raises Precondition when no former template is known.
    """
    already = kept(wanted, live)
    if already is not wanted:
        return already
    before = former(live, written=written, revisions=revisions, pods=pods)
    template = {key: value for key, value in before.items() if key != "$patch"}
    generation = live["metadata"].get("generation", 0)
    mark = f"{digest(wanted['spec']['template'])} template {generation} was {by}"
    return _with(wanted, template=template, mark=mark)


def former(
    live: Mapping[str, Any],
    *,
    written: bool,
    revisions: Sequence[Mapping[str, Any]],
    pods: Iterable[Object],
) -> Mapping[str, Any]:
    """The newest template that pods serve with, and that isn't the one to go back from.

    Of several edits in a row all may be bad, so pods that serve say more than the order of
    templates; only where every pod is of the present one it is the one before. While the newest
    edit is not `written` yet, the present one is a former one.
    """
    present = newest_revision(live)
    proven = {revision_of(pod) for pod in pods if is_ready(pod)}
    known = [one for one in revisions if not written or one["metadata"]["name"] != present]
    chosen = [one for one in known if one["metadata"]["name"] in proven] or known
    if not chosen:
        raise Precondition(NOTHING_BEFORE)
    newest = max(chosen, key=lambda one: int(one.get("revision", 0)))
    found: Mapping[str, Any] = newest["data"]["spec"]["template"]
    return found


def told(live: Mapping[str, Any] | None) -> str:
    """What is to be said of a StatefulSet whose wanted template was rolled back, or nothing."""
    return _mark(live).partition(" ")[2]


def digest(template: Mapping[str, Any]) -> str:
    """Of a template as it is built, so before the API server has put defaults into it."""
    text = json.dumps(keep.sendable(template), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with(wanted: Object, *, template: Mapping[str, Any], mark: str) -> Object:
    metadata = wanted["metadata"]
    annotations = {**(metadata.get("annotations") or {}), ROLLED_BACK: mark}
    return {
        **wanted,
        "metadata": {**metadata, "annotations": annotations},
        "spec": {**wanted["spec"], "template": dict(template)},
    }


def _mark(live: Mapping[str, Any] | None) -> str:
    annotations = ((live or {}).get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(ROLLED_BACK, ""))


def _digest_in(mark: str) -> str:
    return mark.partition(" ")[0]
