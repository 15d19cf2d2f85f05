"""The file system of a member's data as `df` shows it, and whether it has grown to its volume."""

from typing import Final, NamedTuple

from workflows.model.mounts import DATA_MOUNT

COMMAND: Final = ["df", "--output=source,fstype,size,itotal,target", "--block-size=1", DATA_MOUNT]

EXT: Final = ("ext2", "ext3", "ext4")
_KNOWN: Final = (*EXT, "xfs")
_INODE_BYTES: Final = 256
"""Of ext4, which makes room for all its inodes beforehand and counts that as lost."""
_LOG_BYTES: Final = 128 << 20
_PART: Final = 0.95
"""ext4 and XFS have no less of their volume than this, but for a log that weighs on small ones."""
_PART_OF_OTHERS: Final = 0.8


class Mounted(NamedTuple):
    """A line of `df`."""

    device: str
    type: str
    size: int
    """In bytes."""
    inodes: int
    place: str

    def lacks(self, wanted: float) -> bool:
        """Whether it has stayed behind a volume of that many bytes, by what it surely would have.

        So that growth by a tenth shows, as from 100 to 110 GiB, its own overhead has to be known.
        """
        if self.type not in _KNOWN:
            return self.size < wanted * _PART_OF_OTHERS
        tables = self.inodes * _INODE_BYTES if self.type in EXT else 0
        return self.size + tables < wanted * _PART - _LOG_BYTES


def mounted(printed: str) -> Mounted:
    """Reads what `COMMAND` prints of one file system. Raises ValueError otherwise."""
    fields = printed.strip().splitlines()[-1].split(maxsplit=4) if printed.strip() else []
    if len(fields) != 5 or not fields[2].isdecimal():
        raise ValueError(f"df does not tell the file system of the data: {printed.strip()[:200]}")
    device, kind, size, inodes, place = fields
    return Mounted(device, kind, int(size), int(inodes) if inodes.isdecimal() else 0, place)
