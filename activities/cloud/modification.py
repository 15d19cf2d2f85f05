"""Bringing the EBS volumes of one cluster to what its resource says, one by one.

Each volume has its own troubles, and none keeps another one from being modified: they are written
on the claim, with the time of the next try.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from activities import waiting
from activities.cloud import claims, volumes
from activities.cloud.claims import Refusal, Wish
from activities.cloud.ec2 import Ec2, Modification, TooSoon
from activities.cloud.filesystem import FileSystem
from activities.cloud.volumes import Properties
from activities.kube.children import label
from activities.kube.client import Kube, Object
from activities.progress import beat
from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.errors import MatriarchError, NotYet, Precondition, Unavailable
from workflows.model.orders import CloudVolumes
from workflows.model.postgresql import Postgresql

BETWEEN_MODIFICATIONS: Final = timedelta(hours=6)
"""EC2's own limit, counted from the end of the modification before."""
ROUND_SECONDS: Final = 2.0


@dataclass(kw_only=True)
class _Volume:
    """A volume to be seen to."""

    claim: Object
    persistent: Object
    name: str
    before: Modification | None = None
    """The last modification before we asked for one."""


class Modifying:
    """One run for one cluster. Not for several threads at once."""

    def __init__(
        self,
        *,
        kube: Kube,
        ec2: Callable[[str], Ec2],
        cluster: Postgresql,
        configuration: Configuration,
        tell: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: float = ROUND_SECONDS,
    ) -> None:
        self._kube = kube
        self._regions = ec2
        self._cluster = cluster
        self._configuration = configuration
        self._tell = tell
        self._now = now
        self._pause = pause
        self._deadline = 0.0
        self._result = CloudVolumes()

    def run(self, *, deadline_seconds: float) -> CloudVolumes:
        """Ask for all modifications, then see each through; they go on side by side."""
        wish = Wish.of(self._cluster, self._configuration)
        if wish is None:
            return self._result
        asked = [one for one in self._volumes(wish) if self._try(one, wish, self._ask)]
        self._deadline = time.monotonic() + deadline_seconds
        for one in asked:
            self._try(one, wish, self._see_through)
        return self._result

    # ----------------------------------------------------------------------------- which ones

    def _volumes(self, wish: Wish) -> Iterator[_Volume]:
        for claim in self._due(wish):
            try:
                found = self._volume(claim, wish)
            except MatriarchError as error:
                self._refuse(claim, wish, error)
                continue
            if found is not None:
                yield found

    def _due(self, wish: Wish) -> list[Object]:
        metadata = self._cluster.metadata
        ref = ClusterRef(namespace=metadata.namespace, name=metadata.name)
        labels = label(ref, self._configuration)
        found = self._kube.list(claims.KIND, ref.namespace, labels, fresh=True)
        return [
            claim
            for claim in claims.used(found, self._cluster, self._configuration)
            if not claims.is_seen_to(claim, wish)
            and claims.refusal(claim, wish, now=self._now()) is None
        ]

    def _volume(self, claim: Object, wish: Wish) -> _Volume | None:
        """None where EC2 is not needed, or no use; the claim says so then."""
        name = claim["spec"]["volumeName"]
        persistent = self._kube.get("PersistentVolume", "", name)
        if persistent is None:
            raise NotYet(f"PersistentVolume {name} does not exist")
        roomy = volumes.has_room(persistent["spec"]["capacity"]["storage"], wish.properties)
        volume = volumes.volume_id(persistent)
        if volume and not (roomy and wish.properties.of_size_alone):
            return _Volume(claim=claim, persistent=persistent, name=volume)
        if (not roomy and self._inside) or not wish.properties.of_size_alone:
            self._result.problems.append(
                f"{claim['metadata']['name']} is on no EBS volume: "
                f"EC2 can't give it {wish.properties}"
            )
        self._note(claim, claims.done(claim, wish))
        return None

    # ----------------------------------------------------------------------------- one volume

    def _try(self, volume: _Volume, wish: Wish, act: Callable[[_Volume, Wish], None]) -> bool:
        try:
            act(volume, wish)
        except MatriarchError as error:
            self._refuse(volume.claim, wish, error, before=volume.before)
            return False
        return True

    def _ask(self, volume: _Volume, wish: Wish) -> None:
        """Unless it has what is wanted, or will have it soon."""
        self._tell(f"EC2 to tell of {volume.name}")
        seen, volume.before = self._ec2.volume(volume.name), self._last(volume)
        change = volumes.change(wish.properties, _foreseen(seen, volume.before))
        if change:
            self._ec2.modify(volume.name, change)
            self._result.changed.append(
                f"{volume.name} of {_member(volume)} is to have {volumes.in_words(change)}"
            )

    def _see_through(self, volume: _Volume, wish: Wish) -> None:
        waiting.until(
            lambda: self._lack(volume, wish),
            seconds=self._deadline - time.monotonic(),
            tell=self._tell,
            least_pause=self._pause,
        )
        if self._inside:
            self._grow_inside(volume, wish)
        self._note(volume.claim, claims.done(volume.claim, wish))

    def _lack(self, volume: _Volume, wish: Wish) -> str:
        """An answer to ModifyVolume is no proof: EC2 is asked what the volume has."""
        last = self._last(volume)
        if last is not None and last.state == "modifying":
            return f"{volume.name} is being modified ({last.progress} %)"
        lacking = volumes.change(wish.properties, _foreseen(self._ec2.volume(volume.name), last))
        if not lacking:
            return ""
        failed = last is not None and last.state == "failed" and last != volume.before
        if failed and last is not None:
            raise Precondition(f"EC2 failed to modify {volume.name}: {last.message or 'no reason'}")
        return f"{volume.name} has not got {volumes.in_words(lacking)} yet"

    def _last(self, volume: _Volume) -> Modification | None:
        return self._ec2.last_modification(volume.name)

    @property
    def _ec2(self) -> Ec2:
        beat("EC2")  # each call may take its time
        return self._regions(self._configuration.aws_region)

    # -------------------------------------------------------------------------- without claims

    @property
    def _inside(self) -> bool:
        """Whether no storage driver makes use of the new size, so that we have to."""
        return self._configuration.storage_resize_mode == "ebs"

    def _grow_inside(self, volume: _Volume, wish: Wish) -> None:
        """The capacity comes last: it says that all else is done."""
        gibibytes = wish.properties.gibibytes or 0
        pod = names.pod(self._cluster.metadata.name, claims.ordinal(volume.claim))
        self._tell(f"the file system of {pod} to grow")
        system = FileSystem(self._kube, namespace=self._cluster.metadata.namespace, pod=pod)
        system.grow(wanted=gibibytes << 30)
        metadata = volume.persistent["metadata"]
        change = {
            "metadata": {"uid": metadata["uid"]},
            "spec": {"capacity": {"storage": f"{gibibytes}Gi"}},
        }
        self._kube.patch("PersistentVolume", "", metadata["name"], change)

    # -------------------------------------------------------------------------- what came of it

    def _refuse(
        self,
        claim: Object,
        wish: Wish,
        error: MatriarchError,
        *,
        before: Modification | None = None,
    ) -> None:
        refusal = Refusal(self._next_try(error, before), str(error))
        self._note(claim, claims.refused(claim, wish, refusal))

    def _next_try(self, error: MatriarchError, before: Modification | None) -> datetime:
        """Soon for what passes by itself, later for what takes a person; not before EC2's time."""
        now, configuration = self._now(), self._configuration
        if isinstance(error, TooSoon):
            known = (before.ended or before.started) if before is not None else None
            return max((known or now) + BETWEEN_MODIFICATIONS, now + configuration.resync_period)
        passing = isinstance(error, NotYet | Unavailable)
        return now + (configuration.repair_period if passing else configuration.resync_period)

    def _note(self, claim: Object, patch: Object) -> None:
        """On the claim; if that is gone meanwhile there is nothing to tell."""
        metadata = claim["metadata"]
        self._kube.patch(
            claims.KIND, metadata["namespace"], metadata["name"], patch, manager=claims.MANAGER
        )


def _foreseen(seen: Properties, last: Modification | None) -> Properties:
    return seen if last is None else last.foreseen(seen)


def _member(volume: _Volume) -> str:
    return str(volume.claim["metadata"]["name"])
