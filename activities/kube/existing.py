"""The objects that are there: each kind is asked for once and the answer is shared."""

from collections.abc import Mapping

from activities.kube.client import Kube, Object
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.errors import NotFound

ALWAYS_FRESH = frozenset({"Pod", "Secret"})
"""Kinds whose state of a moment ago would mislead."""
OWN = frozenset(
    {
        "ConfigMap",
        "CronJob",
        "Deployment",
        "Endpoints",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "Secret",
        "Service",
    }
)
"""Kinds of which a cluster has none before an operator has worked on it."""


class Existing:
    """What one look or one step has read; never kept longer than that.

    Objects are listed by the label with the cluster's name alone: poolers and backups differ from
    database pods in the others. Answers the same questions as `Kube`, so that it can be given to
    whoever only reads.
    """

    def __init__(
        self, kube: Kube, ref: ClusterRef, configuration: Configuration, *, fresh: bool = False
    ) -> None:
        self._kube = kube
        self._namespace = ref.namespace
        self._labels = {configuration.cluster_name_label: ref.name}
        self._fresh = fresh
        self._listed: dict[str, dict[str, Object]] = {}
        self._unknown: frozenset[str] = frozenset()
        self._single: dict[tuple[str, str, str], Object | None] = {}
        self._served: dict[str, bool] = {}
        self.nothing_expected = False

    def expect_nothing(self) -> None:
        """Of a resource that nobody has worked on: what is not listed yet need not be listed.

        Should there be something all the same, an apply takes it over, a Secret is never made
        over another one, and the next look sees everything.
        """
        self.nothing_expected = True

    def of(self, kind: str) -> Mapping[str, Object]:
        """All objects of a kind with the cluster's label, by name."""
        if self.nothing_expected and kind in OWN and kind not in self._listed:
            return {}
        if kind not in self._listed:
            fresh = self._fresh or kind in ALWAYS_FRESH
            try:
                found = self._kube.list(kind, self._namespace, self._labels, fresh=fresh)
            except NotFound:
                found, self._unknown = [], self._unknown | {kind}
            self._listed[kind] = {str(one["metadata"]["name"]): one for one in found}
        return self._listed[kind]

    def knows(self, kind: str) -> bool:
        """Whether the API server has this kind; those of other operators may be missing."""
        return self.of(kind) is not None and kind not in self._unknown

    def serves(self, kind: str) -> bool:
        """The same without a right to list it."""
        if kind not in self._served:
            self._served[kind] = self._kube.serves(kind)
        return self._served[kind]

    def find(self, kind: str, name: str) -> Object | None:
        """The one of this name, if it carries the cluster's label."""
        return self.of(kind).get(name)

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object, whatever labels it has."""
        place = kind, namespace, name
        if namespace == self._namespace and name in self._listed.get(kind, {}):
            return self._listed[kind][name]
        if place not in self._single:
            self._single[place] = self._kube.get(*place)
        return self._single[place]

    def list(
        self, kind: str, namespace: str, labels: Mapping[str, str], *, fresh: bool = False
    ) -> list[Object]:
        """As `Kube.list`, from memory where it is about the cluster's own objects."""
        if namespace == self._namespace and labels.items() >= self._labels.items():
            return [one for one in self.of(kind).values() if carries(one, labels)]
        return self._kube.list(kind, namespace, labels, fresh=fresh)

    def know(self, kind: str, name: str, found: Object | None) -> None:
        """Take over what was read of an object of the cluster's namespace."""
        self._single[kind, self._namespace, name] = found

    def keep(self, written: Object | None) -> None:
        """Take over what was written, so that who comes next doesn't see the old state."""
        if written is not None:
            metadata = written["metadata"]
            kind, namespace, name = written["kind"], metadata.get("namespace", ""), metadata["name"]
            self._single[kind, namespace, name] = written
            if namespace == self._namespace and kind in self._listed:
                self._listed[kind][name] = written


def carries(found: Object, labels: Mapping[str, str]) -> bool:
    """Whether it has all of these labels."""
    return bool((found["metadata"].get("labels") or {}).items() >= labels.items())


def is_going(found: Object) -> bool:
    """Whether it is being deleted, so that it can't be brought to anything."""
    return bool(found["metadata"].get("deletionTimestamp"))


def name_of(manifest: Mapping[str, object]) -> str:
    """`Kind/name`, as results name objects."""
    metadata = manifest["metadata"]
    assert isinstance(metadata, Mapping)
    return f"{manifest['kind']}/{metadata['name']}"
