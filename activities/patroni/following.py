"""Whom a standby cluster follows, as Patroni is told: follow, follow another, or be promoted. Pure.

Compared with what Patroni really has and with what the resource's status remembers of the section,
so that an edit made while nobody watched is carried out. But a cluster that takes writes is never
turned into a standby by a section that was there before: somebody may have promoted it by hand in
an emergency, and its new rows would be lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workflows.model.postgresql import Postgresql
from workflows.model.postgresql.sections import StandbyDescription

KEY: Final = "standby_cluster"
_METHODS: Final = ["bootstrap_standby_with_wale", "basebackup_fast_xlog"]
_RESTORE: Final = 'envdir "/run/etc/wal-e.d/env-standby" /scripts/restore_command.sh "%f" "%p"'


@dataclass(frozen=True)
class Following:
    """What to write about it, what for, and what a person has to know."""

    body: Mapping[str, Any] = field(default_factory=dict)
    sentence: str = ""
    concern: str = ""


def source(cluster: Postgresql) -> str:
    """What the manifest's section names, in a few words; empty without a section."""
    section = cluster.spec.standby
    if section is None:
        return ""
    host = ":".join(part for part in (section.standby_host, section.standby_port) if part)
    slot = section.standby_primary_slot_name
    archive = section.s3_wal_path or section.gs_wal_path
    parts = host, f"slot {slot}" if slot else "", archive
    return ", ".join(part for part in parts if part)


def following(cluster: Postgresql, live: Mapping[str, Any], *, remembered: str | None) -> Following:
    """`remembered`: the source that the section named before; None when that is not known."""
    section, present = cluster.spec.standby, live.get(KEY)
    if section is None:
        return _promotion(cluster, present, remembered)
    edited = remembered is not None and remembered != source(cluster)
    told = _told(section)
    if present and not edited and _place(told) == _place(present):
        return Following()
    if present or edited:
        return Following({KEY: told}, f"it is to follow {source(cluster)}")
    return Following(
        concern=f"spec.standby names {source(cluster)}, but the cluster takes writes: it was "
        "promoted by hand. Remove the section to keep it so"
    )


def _promotion(cluster: Postgresql, present: Any, remembered: str | None) -> Following:
    """Not of a cluster that its environment makes a standby, and that had no section."""
    by_section = remembered or (present and not _by_environment(cluster))
    if not by_section:
        return Following()
    return Following({KEY: None}, "it is to be promoted, spec.standby was removed")


def _by_environment(cluster: Postgresql) -> bool:
    named = any(str(entry.get("name")).startswith("STANDBY_") for entry in cluster.spec.env)
    return named or bool(cluster.spec.env_from)


def _told(section: StandbyDescription) -> dict[str, Any]:
    return {
        "create_replica_methods": _METHODS,
        "restore_command": _RESTORE,
        "host": section.standby_host or None,
        "port": section.standby_port or None,
        "primary_slot_name": section.standby_primary_slot_name or None,
    }


def _place(told: Any) -> tuple[str, str, str]:
    """Where it streams from. How new members are copied is not compared: the image knows best."""
    found = told if isinstance(told, Mapping) else {}
    host, slot = (str(found.get(key) or "") for key in ("host", "primary_slot_name"))
    return host, str(found.get("port") or 5432) if host else "", slot
