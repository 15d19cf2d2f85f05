"""What may be asked of the world: one class per collaborator, no bodies.

Workflows call these; `activities` implements them under the same names. Every step is
level-based: it reads the desired state afresh, looks before it acts, acts once and looks again,
so a second run finds the work done. Names are part of recorded histories and never change.
"""

from temporalio import activity

from workflows.model.observation import Observation
from workflows.model.operations import (
    Applied,
    ApplyOrder,
    Members,
    MembersOrder,
    ObserveOrder,
    Removed,
    RemoveOrder,
    Report,
    SqlOrder,
    SqlResult,
)


class ClusterSteps:
    """Looking at a cluster and saying what is going on. Implemented in `activities.cluster`."""

    @activity.defn(name="cluster.observe")
    def observe(self, order: ObserveOrder) -> Observation:
        """Gather all facts the planner needs. Only reads, so a second run is harmless."""
        raise NotImplementedError

    @activity.defn(name="cluster.report")
    def report(self, report: Report) -> None:
        """Write status and events.

        Run twice: equal status is not written again; an event may be counted twice.
        A resource that is gone (or has another uid) is left alone.
        """
        raise NotImplementedError


class KubeSteps:
    """Child objects in Kubernetes. Implemented in `activities.kube.steps`."""

    @activity.defn(name="kube.apply")
    def apply(self, order: ApplyOrder) -> Applied:
        """Create or correct one group of child objects by server-side apply.

        Run twice: objects that are right are not written. Raises `Precondition` when the
        resource is gone or was re-created under another uid.
        """
        raise NotImplementedError

    @activity.defn(name="kube.remove")
    def remove(self, order: RemoveOrder) -> Removed:
        """Delete one stage of children, found by label, and wait until they are gone.

        Run twice: what is gone stays gone. Children of a new resource of the same name (another
        uid in the meantime) are left alone.
        """
        raise NotImplementedError


class PatroniSteps:
    """Waiting for members. Implemented in `activities.patroni.steps`."""

    @activity.defn(name="patroni.until-primary")
    def until_primary(self, order: MembersOrder) -> Members:
        """Wait until a primary accepts writes. Only looks, so a second run is harmless.

        Heartbeats what it waits for and shows it in the status.
        """
        raise NotImplementedError

    @activity.defn(name="patroni.until-members")
    def until_members(self, order: MembersOrder) -> Members:
        """Wait until all wanted members run and stream.

        Asks the primary for an immediate CHECKPOINT when a member begins its base backup, which
        would otherwise wait for a spread one. A second run may ask for one more: harmless.
        """
        raise NotImplementedError


class PostgresSteps:
    """Roles and databases. Implemented in `activities.postgres.steps`."""

    @activity.defn(name="postgres.sync-roles")
    def sync_roles(self, order: SqlOrder) -> SqlResult:
        """Create and alter roles; passwords travel as SCRAM verifiers made here.

        Run twice: a role that is as wanted is not altered. Nothing is dropped or revoked.
        One failing role does not stop the others.
        """
        raise NotImplementedError

    @activity.defn(name="postgres.sync-databases")
    def sync_databases(self, order: SqlOrder) -> SqlResult:
        """Create databases, set owners, schemas, extensions and default privileges.

        Run twice: what exists as wanted is left alone, what an interrupted run left half-made is
        completed. One failing database does not stop the others.
        """
        raise NotImplementedError
