"""What can only be found out where the container runs: memory, installed majors, libraries."""

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MAJORS = Path("/usr/lib/postgresql")
PAM_MODULES = Path("/usr/lib")
MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


@dataclass(frozen=True)
class Facts:
    """The machine and the image, as the configuration needs to know them."""

    memory: int
    hostname: str
    address: str
    majors: tuple[int, ...]
    data_major: int | None
    libraries: dict[int, frozenset[str]]
    pam_majors: frozenset[int]

    @property
    def newest(self) -> int:
        return self.majors[-1]


def gather(data: Path) -> Facts:
    """Look at the machine, the image and the data directory."""
    majors = installed(MAJORS)
    return Facts(
        memory=memory_limit(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
        hostname=socket.gethostname(),
        address=own_address(),
        majors=majors,
        data_major=major_of(data),
        libraries={major: libraries(MAJORS / str(major) / "lib") for major in majors},
        pam_majors=frozenset(major for major in majors if speaks_pam(MAJORS / str(major))),
    )


def memory_limit(total: int, limits: Iterable[Path] = MEMORY_LIMITS) -> int:
    """Bytes this container may use: the smaller of the cgroup's limit and the machine's memory."""
    found = [total]
    for limit in limits:
        try:
            found.append(int(limit.read_text()))
        except (OSError, ValueError):
            continue  # another cgroup version, or the word "max"
    return min(found)


def installed(majors: Path) -> tuple[int, ...]:
    """The majors with a server, oldest first."""
    names = [entry.name for entry in majors.iterdir() if (entry / "bin" / "postgres").exists()]
    return tuple(sorted(int(name) for name in names if name.isdigit()))


def major_of(data: Path) -> int | None:
    """The major that made a data directory; None when there is no data yet."""
    try:
        return int((data / "PG_VERSION").read_text().strip().partition(".")[0])
    except (OSError, ValueError):
        return None


def libraries(folder: Path) -> frozenset[str]:
    return frozenset(file.stem for file in folder.glob("*.so"))


def speaks_pam(major: Path) -> bool:
    """Whether pg_hba may name PAM: a server built without it does not start then."""
    return b"libpam.so" in (major / "bin" / "postgres").read_bytes()


def has_oauth_module() -> bool:
    return any(PAM_MODULES.glob("*/security/pam_oauth2.so"))


def own_address() -> str:
    """An address of this host that others may reach; no packet is sent to find it."""
    for family, probe in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect((probe, 9))
            except OSError:
                continue
            return str(sock.getsockname()[0])
    return "127.0.0.1"
