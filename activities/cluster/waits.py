"""What operations on a cluster have to wait for: maintenance windows, and people. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from workflows.model.configuration import Configuration
from workflows.model.kinds import Kind
from workflows.model.postgresql import Postgresql
from workflows.model.turns import RolloutRule
from workflows.model.windows import Window, is_open, is_window, next_opening

PARTS = (Kind.SWITCHOVER, Kind.RESTART)
"""Kinds of operations whose work others do by the way."""


def of(
    cluster: Postgresql | None, configuration: Configuration, *, now: datetime
) -> dict[str, Any]:
    """Fields of an `Observation`. Without a manifest that can be read the configuration counts."""
    windows = _windows(cluster, configuration)
    opened = is_open(windows, now)
    opens = next_opening(windows, now)
    opening = f"{opens:%Y-%m-%dT%H:%M:%SZ}" if opens else ""
    return {
        "team": cluster.spec.team_id if cluster else "",
        "window_open": opened,
        "window_opens": "" if opened else opening,
        "next_window": opening,
        "rollout": _rollout(configuration),
        "to_approve": _kinds(_approved(cluster, configuration)),
        "in_windows": _kinds(configuration.operations_in_windows),
        "apart": apart(cluster, configuration),
    }


def apart(cluster: Postgresql | None, configuration: Configuration) -> list[Kind]:
    """What is no part of an update, as it has to be approved or to wait for a window by itself."""
    held = {*_approved(cluster, configuration), *configuration.operations_in_windows}
    return [kind for kind in PARTS if kind in held]


def window(
    cluster: Postgresql | None, configuration: Configuration, *, now: datetime
) -> dict[str, Any]:
    """Fields of a `Membership`: whether what is held to windows may go on now."""
    found = of(cluster, configuration, now=now)
    return {name: found[name] for name in ("window_open", "in_windows")}


def _approved(cluster: Postgresql | None, configuration: Configuration) -> list[str]:
    own = cluster.spec.operations_to_approve if cluster else []
    return [*configuration.operations_to_approve, *own]


def _windows(cluster: Postgresql | None, configuration: Configuration) -> list[Window]:
    """Those of the cluster or, if it has none, of the operator."""
    if not configuration.enable_maintenance_windows:
        return []
    own = cluster.spec.maintenance_windows if cluster else []
    chosen = own or configuration.maintenance_windows
    return [Window.parse(text) for text in chosen if is_window(text)]


def _rollout(configuration: Configuration) -> RolloutRule:
    """Each change of the configuration may be what pods are made anew for."""
    digest = hashlib.sha256(configuration.model_dump_json().encode()).hexdigest()
    return RolloutRule(
        name=digest[:12],
        parallel=configuration.rollout_parallelism,
        most_failures=configuration.rollout_max_failures,
    )


def _kinds(words: Sequence[str]) -> list[Kind]:
    return sorted({Kind(word) for word in words if word in [*Kind]})
