"""The WAL archive: which store, which path in it, and the variables the archive tool reads."""

from collections.abc import Mapping

from .environment import Environment, Layout

# variable -> scheme of the path and the variable that carries the whole path to the tool
BUCKETS: Mapping[str, tuple[str, str]] = {
    "WAL_S3_BUCKET": ("s3", "WALG_S3_PREFIX"),
    "WAL_GS_BUCKET": ("gs", "WALG_GS_PREFIX"),
    "WAL_GCS_BUCKET": ("gs", "WALG_GS_PREFIX"),
}
PREFIXES: Mapping[str, str] = {
    "WALG_S3_PREFIX": "WALG_S3_PREFIX",
    "WALE_S3_PREFIX": "WALG_S3_PREFIX",
    "WALG_GS_PREFIX": "WALG_GS_PREFIX",
    "WALE_GS_PREFIX": "WALG_GS_PREFIX",
    "WALG_AZ_PREFIX": "WALG_AZ_PREFIX",
    "WALG_SSH_PREFIX": "WALG_SSH_PREFIX",
}
COPIED = ("AWS_", "WALG_", "AZURE_", "SSH_", "GOOGLE_APPLICATION_CREDENTIALS")
COPIED_EXACTLY = ("http_proxy", "https_proxy", "no_proxy", "WAL_RESTORE_TIMEOUT")


def description(environment: Environment, *, scope: str, major: int) -> dict[str, str]:
    """The archive tool's variables; empty when no archive is asked for."""
    where = _location(environment, scope=scope, major=major)
    if not where:
        return {}
    copied = {
        name: value
        for name, value in environment.items()
        if value and (name.startswith(COPIED) or name in COPIED_EXACTLY)
    }
    return copied | _store_defaults(copied) | where


def command(described: Mapping[str, str], layout: Layout) -> str:
    """`archive_command`: without an archive, WAL may be recycled at once."""
    if not described:
        return "/bin/true"
    return f'envdir "{layout.archive()}" wal-g wal-push "%p"'


def _location(environment: Environment, *, scope: str, major: int) -> dict[str, str]:
    for name, variable in PREFIXES.items():
        if prefix := environment.get(name):
            return {variable: prefix}
    for name, (scheme, variable) in BUCKETS.items():
        if bucket := environment.get(name):
            path = _path(environment, scope=scope, major=major)
            return {variable: f"{scheme}://{bucket}{path}"}
    return {}


def _path(environment: Environment, *, scope: str, major: int) -> str:
    namespace = environment.get("POD_NAMESPACE", "")
    usual = f"{namespace}-" if namespace not in ("", "default") else ""
    prefix = environment.get("WAL_BUCKET_SCOPE_PREFIX", usual)
    suffix = environment.get("WAL_BUCKET_SCOPE_SUFFIX", "")
    return f"/spilo/{prefix}{scope}{suffix}/wal/{major}"


def _store_defaults(copied: Mapping[str, str]) -> dict[str, str]:
    """A server of one's own has no host names for buckets and no regions to tell apart."""
    if "AWS_ENDPOINT" not in copied:
        return {}
    return {"AWS_S3_FORCE_PATH_STYLE": copied.get("AWS_S3_FORCE_PATH_STYLE", "true")}
