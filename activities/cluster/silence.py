"""What members say that receive nothing: the end of their log often tells why."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from activities.cluster import pods
from activities.kube.client import Kube, Object
from activities.patroni import complaints
from activities.patroni.situation import explained
from workflows.health import BUILDING
from workflows.model.base import ClusterRef
from workflows.model.errors import MatriarchError


def told(
    kube: Kube, ref: ClusterRef, silent: Mapping[str, str], listed: Sequence[Object]
) -> dict[str, str]:
    """Those whose pods serve, each with its state and what its Postgres complains of.

    Of others their pods tell why. One that copies its data is silent for as long as that takes, and
    has nothing to complain of.
    """
    serving = [pod for pod in listed if pods.is_alive(pod) and pods.is_ready(pod)]
    ready = {str(pod["metadata"]["name"]) for pod in serving}
    return {
        name: state if state in BUILDING else _with_complaint(kube, ref, name, state)
        for name, state in silent.items()
        if name in ready
    }


def _with_complaint(kube: Kube, ref: ClusterRef, member: str, state: str) -> str:
    said = ""
    with suppress(MatriarchError):
        said = complaints.heard(kube, ref.namespace, member)
    return explained(state, said)
