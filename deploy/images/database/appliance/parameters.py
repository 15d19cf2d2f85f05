"""PostgreSQL's parameters: those kept on this node, and those the whole cluster starts with."""

import logging
from collections.abc import Collection
from typing import Any

from .environment import Environment, Layout, is_on

log = logging.getLogger("configure")
MEGABYTE = 1024 * 1024
LIBRARIES = (
    "bg_mon",
    "pg_stat_statements",
    "pgextwlist",
    "pg_auth_mon",
    "set_user",
    "timescaledb",
    "pg_cron",
    "pg_stat_kcache",
)
# What a database's owner may create without being a superuser.
FREE_EXTENSIONS = (
    "btree_gin",
    "btree_gist",
    "citext",
    "extra_window_functions",
    "first_last_agg",
    "hll",
    "hstore",
    "hypopg",
    "intarray",
    "ltree",
    "pg_partman",
    "pg_trgm",
    "pgcrypto",
    "pgq",
    "pgq_node",
    "postgres_fdw",
    "roaringbitmap",
    "tablefunc",
    "timescaledb",
    "uuid-ossp",
    "vector",
)


def shared_buffers(memory: int, *, kubernetes: bool) -> str:
    """A fifth of the memory where page cache counts towards a pod's limit, else a quarter."""
    return f"{memory // MEGABYTE // (5 if kubernetes else 4)}MB"


def max_connections(memory: int) -> int:
    """One for every 30 MB, within bounds."""
    return max(100, min(1000, memory // (30 * MEGABYTE)))


def preloaded(asked: str | None, *, present: Collection[str], monitor: bool = False) -> str:
    """`shared_preload_libraries`: the user's list or the usual one, less what is not there.

    A library that is not installed would keep the server from starting at all.
    """
    usual = [*LIBRARIES, *(["pg_mon"] if monitor else [])]
    names = usual if asked is None else [name.strip() for name in asked.split(",")]
    for name in names:
        if name and name not in present and asked is not None:
            log.warning("left out of shared_preload_libraries, not in this image: %s", name)
    return ",".join(name for name in names if name in present)


def local(
    environment: Environment, *, layout: Layout, memory: int, kubernetes: bool, archiver: str
) -> dict[str, Any]:
    """Parameters that stay on this node, without the preloaded libraries."""
    hourly = is_on(environment, "LOG_SHIP_HOURLY")
    certificates = layout.certificates
    return {
        "archive_command": archiver,
        "unix_socket_directories": str(layout.sockets),
        # After a crash or a base backup: one sync of the volume, not one for each of its files.
        "recovery_init_sync_method": "syncfs",
        "shared_buffers": shared_buffers(memory, kubernetes=kubernetes),
        "logging_collector": "on",
        "log_destination": "csvlog",
        "log_directory": "../pg_log",
        "log_filename": "postgresql-%u-%H.log" if hourly else "postgresql-%u.log",
        "log_file_mode": "0644",
        "log_rotation_age": "1h" if hourly else "1d",
        "log_truncate_on_rotation": "on",
        "ssl": "on",
        "ssl_cert_file": environment.get("SSL_CERTIFICATE_FILE")
        or str(certificates / "server.crt"),
        "ssl_key_file": environment.get("SSL_PRIVATE_KEY_FILE") or str(certificates / "server.key"),
        **authorities(environment, layout),
        "pg_stat_statements.track_utility": "off",
        "extwlist.extensions": ",".join(FREE_EXTENSIONS),
        "extwlist.custom_path": "/scripts",
    }


def authorities(environment: Environment, layout: Layout) -> dict[str, str]:
    """Files with the certificates that clients are checked against, where there are any."""
    found: dict[str, str] = {}
    for name, key in (("SSL_CA", "ssl_ca_file"), ("SSL_CRL", "ssl_crl_file")):
        if file := environment.get(f"{name}_FILE"):
            found[key] = file
        elif environment.get(name):
            found[key] = str(layout.certificates / f"{name.removeprefix('SSL_').lower()}.crt")
    return found


def shared(memory: int) -> dict[str, Any]:
    """Parameters that a new cluster starts with; later they are changed through Patroni."""
    return {
        "archive_mode": "on",
        "archive_timeout": "1800s",
        "wal_level": "hot_standby",
        "wal_log_hints": "on",
        "wal_compression": "on",
        "max_wal_senders": 10,
        "max_connections": max_connections(memory),
        "max_replication_slots": 10,
        "hot_standby": "on",
        "tcp_keepalives_idle": 900,
        "tcp_keepalives_interval": 100,
        "log_line_prefix": "%t [%p]: [%l-1] %c %x %d %u %a %h ",
        "log_checkpoints": "on",
        "log_lock_waits": "on",
        "log_min_duration_statement": 500,
        "log_autovacuum_min_duration": 0,
        "log_connections": "on",
        "log_disconnections": "on",
        "log_statement": "ddl",
        "log_temp_files": 0,
        "track_functions": "all",
        "checkpoint_completion_target": 0.9,
        "autovacuum_max_workers": 5,
        "autovacuum_vacuum_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.02,
    }
