"""What the operator's CronJob says, read from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
HOURS = {"hour": 1 / 24, "minute": 1 / 1440}


class BadSettings(Exception):
    """The environment does not describe a backup that this program can make."""


@dataclass(frozen=True)
class Settings:
    """One backup: of which cluster, to where, kept for how long."""

    scope: str
    namespace: str
    cluster_label: str
    role_label: str
    major: str
    user: str
    bucket: str
    key: str
    endpoint: str | None
    region: str | None
    encryption: str | None
    keep: timedelta | None
    connect_retries: int
    connect_delay: float

    @property
    def folder(self) -> str:
        """Where the dumps of this cluster lie, with the slash at its end."""
        return self.key.rpartition("/")[0] + "/"


def read(environment: Mapping[str, str], *, epoch: int) -> Settings:
    """Raises `BadSettings` when a needed variable is missing or the store is not S3."""
    provider = environment.get("LOGICAL_BACKUP_PROVIDER", "s3")
    if provider != "s3":
        raise BadSettings(f"LOGICAL_BACKUP_PROVIDER is {provider!r}, this image uploads to s3 only")
    try:
        return Settings(
            scope=environment["SCOPE"],
            namespace=environment["POD_NAMESPACE"],
            cluster_label=environment.get("CLUSTER_NAME_LABEL", "cluster-name"),
            role_label=environment.get("POD_ROLE_LABEL", "spilo-role"),
            major=environment["PG_VERSION"].partition(".")[0],
            user=environment.get("PGUSER", "postgres"),
            bucket=environment["LOGICAL_BACKUP_S3_BUCKET"],
            key=object_key(environment, epoch=epoch),
            endpoint=environment.get("LOGICAL_BACKUP_S3_ENDPOINT") or None,
            region=environment.get("LOGICAL_BACKUP_S3_REGION") or None,
            encryption=environment.get("LOGICAL_BACKUP_S3_SSE") or None,
            keep=span(environment.get("LOGICAL_BACKUP_S3_RETENTION_TIME", "")),
            connect_retries=int(environment.get("LOGICAL_BACKUP_CONNECT_RETRIES", "10")),
            connect_delay=float(environment.get("LOGICAL_BACKUP_CONNECT_RETRY_DELAY", "2")),
        )
    except KeyError as error:
        raise BadSettings(f"{error.args[0]} is not set") from error
    except ValueError as error:
        raise BadSettings(str(error)) from error


def object_key(environment: Mapping[str, str], *, epoch: int) -> str:
    """The dump's key, e.g. `spilo/cluster/uid/logical_backups/1700000000.sql.gz`."""
    prefix = environment.get("LOGICAL_BACKUP_S3_BUCKET_PREFIX", "spilo").strip("/")
    suffix = environment.get("LOGICAL_BACKUP_S3_BUCKET_SCOPE_SUFFIX", "")
    path = f"{environment['SCOPE']}{suffix}/logical_backups/{epoch}.sql.gz"
    return f"{prefix}/{path}" if prefix else path


def span(text: str) -> timedelta | None:
    """A time such as `3 months` or `2 weeks`; empty means for ever."""
    if not text.strip():
        return None
    count, _, unit = text.strip().partition(" ")
    days = (DAYS | HOURS).get(unit.strip().lower().removesuffix("s"))
    if not count.isdigit() or days is None:
        raise ValueError(f"retention {text!r} is no number of days, weeks, months or years")
    return timedelta(days=int(count) * days)
