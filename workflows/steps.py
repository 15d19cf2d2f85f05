"""What may be asked of the world: one class per collaborator, no bodies.

Workflows call these; `activities` implements them under the same names. Every step is
level-based: it reads the desired state afresh, looks before it acts, acts once and looks again,
so a second run finds the work done. Names are part of recorded histories and never change.
"""

from temporalio import activity

from workflows.model.members import Membership
from workflows.model.observation import Observation
from workflows.model.orders import (
    Applied,
    ApplyOrder,
    CloudVolumes,
    CloudVolumesOrder,
    Configured,
    ConfigureOrder,
    GrowthOrder,
    HealthOrder,
    Leadership,
    Members,
    MembershipOrder,
    MembersOrder,
    ObserveOrder,
    Readiness,
    ReinitialiseOrder,
    Removed,
    RemoveOrder,
    RenewalOrder,
    Renewed,
    Restarted,
    RestartMemberOrder,
    RestartOrder,
    RestoreOrder,
    SqlOrder,
    SqlResult,
    SwitchoverOrder,
    SynchronousOrder,
)
from workflows.model.report import Report


class ClusterSteps:
    """Looking at a cluster and saying what is going on. Implemented in `activities.cluster`."""

    @activity.defn(name="cluster.observe")
    def observe(self, order: ObserveOrder) -> Observation:
        """Gather all facts the planner needs. Only reads, so a second run is harmless."""
        raise NotImplementedError

    @activity.defn(name="cluster.members")
    def members(self, order: MembershipOrder) -> Membership:
        """Pods and members only, with what is stale. Only reads, so a second run is harmless."""
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
        """Create or correct groups of child objects by server-side apply.

        Run twice: objects that are right are not written. What fails in one group does not keep
        the others from being applied. Raises `Precondition` when the resource is gone or was
        re-created under another uid.
        """
        raise NotImplementedError

    @activity.defn(name="kube.remove")
    def remove(self, order: RemoveOrder) -> Removed:
        """Delete one stage of children, found by label, and wait until they are gone.

        Run twice: what is gone stays gone. Children of a new resource of the same name (another
        uid in the meantime) are left alone.
        """
        raise NotImplementedError

    @activity.defn(name="kube.renew-pod")
    def renew_pod(self, order: RenewalOrder) -> Renewed:
        """Delete a pod and wait until the one in its place runs.

        Run twice: only the pod with the uid of the order is ever deleted, and a pod that has
        become the primary meanwhile is spared. Heartbeats what it waits for, and shows why a new
        pod does not run. Raises `NotYet` with that reason at its deadline.
        """
        raise NotImplementedError

    @activity.defn(name="kube.until-grown")
    def until_grown(self, order: GrowthOrder) -> None:
        """Wait until volumes have the room that their claims ask for. Only looks.

        Raises `NotYet` at its deadline, with what Kubernetes says of those that have not grown.
        """
        raise NotImplementedError

    @activity.defn(name="kube.restore-template")
    def restore_template(self, order: RestoreOrder) -> Applied:
        """Put the pod template that was in force before back into the StatefulSet.

        Run twice: the StatefulSet itself says that it was done, for the template it was done for.
        Raises `Precondition` where no former template is known.
        """
        raise NotImplementedError


class CloudSteps:
    """Volumes, by the API of the cloud they are in. Implemented in `activities.cloud.steps`."""

    @activity.defn(name="cloud.modify-volumes")
    def modify_volumes(self, order: CloudVolumesOrder) -> CloudVolumes:
        """Give volumes the size, type and speed that the resource asks for, and see that they have.

        Run twice: a modification that is under way or done is not asked for again. What the cloud
        refuses is written on the claim with the time of the next try, and raises nothing.
        """
        raise NotImplementedError


class PatroniSteps:
    """Waiting for members, moving the primary, and configuring all of them.

    Implemented in `activities.patroni.steps`.
    """

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

    @activity.defn(name="patroni.until-healthy")
    def until_healthy(self, order: HealthOrder) -> Members:
        """Wait until one member serves as well as it can: the gate before the next is touched.

        Only looks, but for the restart that a replica still waits for: a second run asks for it
        only if it is still pending.
        """
        raise NotImplementedError

    @activity.defn(name="patroni.switchover")
    def switchover(self, order: SwitchoverOrder) -> Leadership:
        """Hand the leader lock to the candidate, and see who holds it in the end.

        Run twice: asks nothing of anybody when the leader of the order leads no more. An answer
        is not taken for the fact, and a missing answer not for a failure.
        """
        raise NotImplementedError

    @activity.defn(name="patroni.make-synchronous")
    def make_synchronous(self, order: SynchronousOrder) -> Readiness:
        """Wait until the member is a synchronous standby; let Patroni have more of them for that.

        Run twice: one that is one already is left alone. Ends early where somebody else leads, or
        the member is out of action. Raises `NotYet` at its deadline.
        """
        raise NotImplementedError

    @activity.defn(name="patroni.reset-synchronous")
    def reset_synchronous(self, order: ConfigureOrder) -> None:
        """Have as many synchronous standbys as the resource says, where its manifest is valid.

        Run twice: what is right is not written. Should it never be run, the next look finds it.
        """
        raise NotImplementedError

    @activity.defn(name="patroni.configure")
    def configure(self, order: ConfigureOrder) -> Configured:
        """Write what differs in Patroni's dynamic configuration, and see it taken over.

        Run twice: what is there is not written again. Raises `Unavailable` when no member answers.
        """
        raise NotImplementedError

    @activity.defn(name="patroni.restart-pending")
    def restart_pending(self, order: RestartOrder) -> Restarted:
        """Restart Postgres in the members that wait for it, one after the other, until none does.

        Run twice: members that wait no more are not restarted again. While somebody has paused
        Patroni nothing is restarted. Raises `NotYet` when a member does not come back in time:
        those after it are left alone then.
        """
        raise NotImplementedError

    @activity.defn(name="patroni.restart-member")
    def restart_member(self, order: RestartMemberOrder) -> None:
        """Restart Postgres in place in one member, and see it up again.

        Run twice: a Postgres that was started since the restart was asked for is left alone.
        """
        raise NotImplementedError

    @activity.defn(name="patroni.reinitialise")
    def reinitialise(self, order: ReinitialiseOrder) -> None:
        """Let one replica copy its data anew; returns when it has begun to.

        Run twice: one that copies already is left alone. Raises `Precondition` for the leader.
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
        """Create databases, set owners, schemas, extensions and default privileges, and give
        every database the look-up function of the connection pooler where there is one.

        Run twice: what exists as wanted is left alone, what an interrupted run left half-made is
        completed. One failing database does not stop the others.
        """
        raise NotImplementedError
