"""Whether a file system has grown, by what `df` tells of it."""

import pytest

from activities.kube.mounted import Mounted, mounted

MIB, GIB = 1 << 20, 1 << 30

# What `mkfs` makes of a volume of so many MiB: the part of it that `df` shows, and inodes per MiB.
MADE = [
    ("ext4", 256, 0.8981, 250),
    ("ext4", 512, 0.9516, 64),
    ("ext4", 1 << 10, 0.9506, 64),
    ("ext4", 10 << 10, 0.9745, 64),
    ("ext4", 100 << 10, 0.9787, 64),
    ("ext4", 1 << 20, 0.9833, 64),
    ("xfs", 512, 0.8750, 0),
    ("xfs", 1 << 10, 0.9375, 0),
    ("xfs", 10 << 10, 0.9938, 0),
    ("xfs", 1 << 20, 0.9995, 0),
]


def made(type: str, mebibytes: int, part: float, inodes: int) -> Mounted:
    size = int(mebibytes * MIB * part)
    return Mounted("/dev/sda", type, size, mebibytes * inodes, "/home/postgres/pgdata")


@pytest.mark.parametrize(("type", "mebibytes", "part", "inodes"), MADE)
def test_one_that_fills_its_volume_lacks_nothing(
    type: str, mebibytes: int, part: float, inodes: int
) -> None:
    assert not made(type, mebibytes, part, inodes).lacks(mebibytes * MIB)


@pytest.mark.parametrize(
    ("type", "mebibytes", "part", "inodes"), [one for one in MADE if one[1] >= 10 << 10]
)
def test_growth_by_a_tenth_that_it_has_not_had_is_noticed(
    type: str, mebibytes: int, part: float, inodes: int
) -> None:
    assert made(type, mebibytes, part, inodes).lacks(mebibytes * MIB * 1.1)


@pytest.mark.parametrize("type", ["ext4", "xfs"])
def test_100_gib_are_not_115(type: str) -> None:
    assert Mounted("/dev/sda", type, 100 * GIB, 0, "/data").lacks(115 * GIB)


def test_of_types_whose_overhead_is_not_known_less_is_expected() -> None:
    found = Mounted("pool/data", "zfs", 85 * GIB, 0, "/data")
    assert (found.lacks(100 * GIB), found.lacks(115 * GIB)) == (False, True)


def test_a_line_of_df_is_read() -> None:
    header = "Filesystem Type 1B-blocks Inodes Mounted on\n"
    line = "/dev/nvme1n1 ext4 1073741824 65536 /home/postgres/pgdata\n"
    read = mounted(header + line)
    assert read == Mounted("/dev/nvme1n1", "ext4", GIB, 65536, "/home/postgres/pgdata")
    assert mounted("/dev/sda btrfs 1 - /data").inodes == 0
    for other in ("", "df: not found", header):
        with pytest.raises(ValueError, match="df does not tell"):
            mounted(other)
