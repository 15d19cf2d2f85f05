"""Bringing groups of child objects to what resource and configuration say."""

from collections.abc import Callable, Sequence

from activities.kube import finalizer, rollback
from activities.kube.child import Child, changes_template
from activities.kube.client import Kube
from activities.kube.existing import Existing
from activities.kube.judge import Judge
from activities.kube.parts import PARTS, Part, Sight, members
from activities.kube.writer import Writer
from activities.manifests import resources
from activities.postgres.role import Role
from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.children import Group
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden, InvalidSpec, MatriarchError, NotYet, Precondition
from workflows.model.orders import Applied
from workflows.model.postgresql import Postgresql


class Application:
    """Applies groups of one cluster; for one activity."""

    def __init__(
        self,
        *,
        kube: Kube,
        judge: Judge,
        cluster: Postgresql,
        configuration: Configuration,
        roles: Sequence[Role],
        tell: Callable[[str], None],
        least: int | None = None,
    ) -> None:
        """`least` members stay, however few are wanted by now: see `ApplyOrder.instances`."""
        metadata = cluster.metadata
        ref = ClusterRef(namespace=metadata.namespace, name=metadata.name)
        self._kube = kube
        self._problems: list[str] = []
        self._sight = Sight(
            cluster=cluster,
            configuration=configuration,
            roles=roles,
            existing=Existing(kube, ref, configuration, fresh=True),
            judge=judge,
            least=least,
            note=self._problems.append,
        )
        ignored = configuration.ignored_annotations
        self._writer = Writer(kube, judge, ignored_annotations=ignored, tell=tell)

    def expect_nothing(self) -> None:
        """Of a resource that nobody has worked on: don't look for what is not there."""
        self._sight.existing.expect_nothing()

    def apply(self, groups: Sequence[Group]) -> Applied:
        """Write what is missing or differs; what is right is only read.

        Every group gets its turn; the first failure is raised when all had it.
        """
        errors: list[MatriarchError] = []
        for group in groups:
            try:
                self._apply(group)
            except MatriarchError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return Applied(
            created=self._writer.created,
            changed=self._writer.changed,
            removed=self._writer.removed,
            problems=self._problems,
            raised=self._raised(),
        )

    def restore_template(self, *, generation: int, by: str) -> Applied:
        """Put the former pod template back; raises Precondition where there is none.

        Also when the resource was edited meanwhile: nobody has refused the newer template.
        """
        if self._sight.cluster.metadata.generation != generation:
            raise Precondition("the resource was edited meanwhile")
        sight, name = self._sight, names.stateful_set(self._sight.name)
        live = sight.existing.get("StatefulSet", sight.namespace, name)
        if live is None:
            raise Precondition(f"StatefulSet {name}: {rollback.NOTHING_BEFORE}")
        labels = live["spec"]["selector"]["matchLabels"]
        pods = self._kube.list("Pod", sight.namespace, labels, fresh=True)
        revisions = self._kube.list("ControllerRevision", sight.namespace, labels, fresh=True)
        wanted = members.stateful_set(sight)
        manifest = rollback.restored(
            wanted,
            live,
            written=not changes_template(sight.judge.difference(wanted, live)),
            revisions=revisions,
            pods=pods,
            by=by,
        )
        there = live["spec"].get("replicas", 1)
        self._writer.put(members.spared(manifest, live, least=there), live)
        return Applied(changed=self._writer.changed)

    def _raised(self) -> list[str]:
        """Limits below the operator's minimum, told when a template with others was written."""
        written = {*self._writer.created, *self._writer.changed}
        if f"StatefulSet/{self._sight.name}" not in written:
            return []
        return [*resources.raised_limits(self._sight.cluster, self._sight.configuration)]

    def _apply(self, group: Group) -> None:
        if group is Group.ACCESS:
            self._align_finalizer()
        for part in PARTS:
            if part.group is group:
                self._settle(part)

    def _align_finalizer(self) -> None:
        metadata = self._sight.cluster.metadata
        wanted = self._sight.configuration.enable_finalizers
        if finalizer.align(self._kube, metadata, wanted=wanted):
            self._writer.changed.append(f"{names.KIND}/{metadata.name}")

    def _settle(self, part: Part) -> None:
        """One bad object doesn't keep the others from being made, nor anything that follows.

        Only what may pass by itself soon is raised, after the rest is done, to be tried again.
        """
        errors: list[MatriarchError] = []
        for child in part.children(self._sight):
            try:
                child.settle(self._writer)
                self._sight.existing.keep(child.live)
            except (Forbidden, InvalidSpec, NotYet, Precondition) as error:
                if part.vital:
                    raise
                self._refused(child, error)
            except MatriarchError as error:
                if part.vital:
                    raise
                errors.append(error)
        if errors:
            raise errors[0]

    def _refused(self, child: Child, error: MatriarchError) -> None:
        """What only has to wait is no refusal that would be believed for a while."""
        metadata = child.manifest["metadata"]
        self._problems.append(f"{child.manifest['kind']} {metadata['name']}: {error}")
        if not isinstance(error, NotYet):
            self._sight.judge.refused(child.manifest, error)
