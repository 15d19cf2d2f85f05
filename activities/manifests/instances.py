"""How many database pods a cluster should have, and whether it follows another one."""

from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

_STANDBY_ARCHIVES = tuple(f"STANDBY_WALE_{store}_PREFIX" for store in ("S3", "GS", "GSC", "SWIFT"))


def number_of_instances(cluster: Postgresql, configuration: Configuration) -> int:
    """The manifest's number within the bounds of the configuration; -1 is no bound.

    A standby cluster may have a single member whatever the bounds say. Where the bounds
    contradict each other the lower one wins.
    """
    wanted = cluster.spec.number_of_instances
    bypass = configuration.ignore_instance_limits_annotation_key
    if bypass and cluster.metadata.annotations.get(bypass) == "true":
        return wanted
    if wanted == 1 and is_standby(cluster):
        return wanted
    lowest, highest = configuration.min_instances, configuration.max_instances
    if 0 <= highest < wanted:
        wanted = highest
    return max(wanted, lowest) if lowest >= 0 else wanted


def is_standby(cluster: Postgresql) -> bool:
    """By its section, or by an archive to follow in its own environment."""
    return cluster.spec.standby is not None or any(
        entry.get("name") in _STANDBY_ARCHIVES and entry.get("value") for entry in cluster.spec.env
    )


def has_writable_server(cluster: Postgresql, configuration: Configuration) -> bool:
    """Whether there is to be a server in which the operator makes roles and databases."""
    wanted = number_of_instances(cluster, configuration) > 0
    return configuration.enable_database_access and wanted and not is_standby(cluster)
