from collections.abc import Sequence
from typing import Any, cast

import pytest

from activities.cloud.filesystem import FileSystem, growing
from activities.kube.client import Kube
from activities.kube.mounted import mounted
from workflows.model.errors import MatriarchError, NotYet, Precondition, Unavailable

GIB = 2**30
HEADER = "Filesystem Type 1B-blocks Inodes Mounted on\n"


def printed(*, size: int = GIB, type: str = "ext4") -> str:
    return f"{HEADER}/dev/nvme1n1 {type} {size} 65536 /home/postgres/pgdata\n"


class Pod:
    """Stands in for the API server and for what is in a pod."""

    def __init__(self, *, phase: str = "Running", type: str = "ext4", grows_to: int = GIB) -> None:
        self.phase, self.type, self.size, self.grows_to = phase, type, GIB // 2, grows_to
        self.error: MatriarchError | None = None
        self.ran: list[str] = []

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        return {"status": {"phase": self.phase}} if self.phase else None

    def exec(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, seconds: float
    ) -> str:
        if command[0] == "df":
            return printed(size=self.size, type=self.type)
        self.ran.append(" ".join(command))
        if self.error is not None:
            raise self.error
        self.size = self.grows_to
        return "resize2fs 1.47.0 (5-Feb-2023)"

    def grow(self) -> None:
        FileSystem(cast(Kube, self), namespace="ns", pod="acid-c-0").grow(wanted=GIB)


@pytest.mark.parametrize(
    ("type", "command"),
    [
        ("ext4", "resize2fs /dev/nvme1n1"),
        ("ext3", "resize2fs /dev/nvme1n1"),
        ("xfs", "xfs_growfs /home/postgres/pgdata"),
    ],
)
def test_a_file_system_grows_by_its_own_command(type: str, command: str) -> None:
    pod = Pod(type=type)
    pod.grow()
    assert pod.ran == [command]


def test_one_that_no_command_grows_is_told() -> None:
    with pytest.raises(Precondition, match="btrfs can't be grown from here: grow that on /dev/nv"):
        Pod(type="btrfs").grow()


def test_a_command_that_fails_is_told_with_what_to_do() -> None:
    pod = Pod()
    pod.error = Precondition("exec resize2fs: permission denied")
    with pytest.raises(
        Precondition, match=r"permission denied.*run resize2fs /dev/nvme1n1 as root"
    ):
        pod.grow()


def test_a_command_that_takes_long_may_have_worked_at_the_next_try() -> None:
    pod = Pod()
    pod.error = Unavailable("did not end in time")
    with pytest.raises(NotYet, match="acid-c-0: did not end in time"):
        pod.grow()


def test_a_command_that_changes_nothing_is_not_taken_for_success() -> None:
    with pytest.raises(NotYet, match="has 512 of 1024 MiB after resize2fs"):
        Pod(grows_to=GIB // 2).grow()


@pytest.mark.parametrize("phase", ["", "Pending"])
def test_nothing_grows_without_a_running_pod(phase: str) -> None:
    with pytest.raises(NotYet, match="acid-c-0 does not run"):
        Pod(phase=phase).grow()


def test_a_small_growth_that_did_not_happen_is_noticed() -> None:
    with pytest.raises(NotYet, match="has 820 of 1024 MiB after resize2fs"):
        Pod(grows_to=820 << 20).grow()


def test_only_some_types_are_grown_by_a_command() -> None:
    assert growing(mounted(printed(type="overlay"))) == []
