"""Growing the file system of a member to the size of its volume, from inside its pod."""

from typing import Final

from activities.kube.client import Kube
from activities.kube.mounted import COMMAND, EXT, Mounted, mounted
from workflows.model.errors import MatriarchError, NotYet, Precondition
from workflows.model.names import POSTGRES_CONTAINER

GROWING_SECONDS: Final = 45.0


class FileSystem:
    """That of the data of one pod."""

    def __init__(self, kube: Kube, *, namespace: str, pod: str) -> None:
        self._kube = kube
        self._namespace = namespace
        self._pod = pod

    def grow(self, *, wanted: int) -> None:
        """See it have room for about `wanted` bytes. One that has grown already stays as it is.

        Raises NotYet while the pod does not run, or when it stays behind.
        """
        found = self._kube.get("Pod", self._namespace, self._pod)
        if found is None or (found.get("status") or {}).get("phase") != "Running":
            raise NotYet(f"{self._pod} does not run, and its file system grows only in it")
        mounted = self._mounted()
        command = growing(mounted)
        if not command:
            raise Precondition(
                f"{self._pod}: a file system of type {mounted.type} can't be grown from here: "
                f"grow that on {mounted.device} by hand"
            )
        self._run(command)
        grown = self._mounted()
        if grown.lacks(wanted):
            raise NotYet(
                f"{self._pod}: its file system has {grown.size >> 20} of {wanted >> 20} MiB after "
                f"{' '.join(command)}"
            )

    def _run(self, command: list[str]) -> None:
        try:
            self._exec(command, seconds=GROWING_SECONDS)
        except Precondition as error:
            raise Precondition(
                f"{self._pod}: its file system did not grow ({error}): run {' '.join(command)} "
                "as root on its node"
            ) from error

    def _mounted(self) -> Mounted:
        try:
            return mounted(self._exec(COMMAND, seconds=10.0))
        except ValueError as error:
            raise Precondition(f"{self._pod}: {error}") from error

    def _exec(self, command: list[str], *, seconds: float) -> str:
        try:
            return self._kube.exec(
                self._namespace, self._pod, POSTGRES_CONTAINER, command, seconds=seconds
            )
        except Precondition:
            raise
        except MatriarchError as error:
            raise NotYet(f"{self._pod}: {error}") from error


def growing(mounted: Mounted) -> list[str]:
    """The command that grows it to its device; nothing if there is none."""
    if mounted.type in EXT:
        return ["resize2fs", mounted.device]
    return ["xfs_growfs", mounted.place] if mounted.type == "xfs" else []
