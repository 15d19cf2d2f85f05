"""Reading the container's environment: paths, flags and lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Environment = Mapping[str, str]


class BadEnvironment(Exception):
    """The environment asks for something that cannot be done; the container must not start."""


@dataclass(frozen=True)
class Layout:
    """Where everything lies. Only `writable` and `root` are written to while the container runs."""

    home: Path
    root: Path
    data: Path
    logs: Path
    writable: Path

    @classmethod
    def of(cls, environment: Environment) -> "Layout":
        home = Path(environment.get("PGHOME", "/home/postgres"))
        root = Path(environment.get("PGROOT", home / "pgroot"))
        return cls(
            home=home,
            root=root,
            data=Path(environment.get("PGDATA", root / "pgdata")),
            logs=Path(environment.get("PGLOG", root / "pg_log")),
            writable=Path(environment.get("RW_DIR", "/run")),
        )

    @property
    def configuration(self) -> Path:
        return self.writable / "postgres.yml"

    @property
    def certificates(self) -> Path:
        return self.writable / "certs"

    @property
    def sockets(self) -> Path:
        return self.writable / "postgresql"

    @property
    def services(self) -> Path:
        return self.writable / "service"

    @property
    def crontab(self) -> Path:
        return self.writable / "cron" / "crontabs" / "postgres"

    def archive(self, source: str = "env") -> Path:
        """The envdir of the archive tool: one file for each variable."""
        return self.writable / "etc" / "wal-e.d" / source


def is_on(environment: Environment, name: str) -> bool:
    """Whether a switch is set to one of the words for yes; absent and anything else are no."""
    return environment.get(name, "").strip().lower() in ("true", "on", "yes", "1", "t", "y")


def number(environment: Environment, name: str, default: int) -> int:
    """A number, or the default when the value is none: a typo must not keep a cluster down."""
    try:
        return int(environment[name])
    except (KeyError, ValueError):
        return default


def with_port(address: str, port: int) -> str:
    """`address:port`, with brackets around an IPv6 address."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
