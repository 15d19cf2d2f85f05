"""Which major version of Postgres a cluster should run."""

from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


def desired_major_version(cluster: Postgresql, configuration: Configuration) -> str:
    """The manifest's, lifted to the target when the configuration upgrades what is too old.

    Says nothing about when: outside its maintenance windows a cluster keeps the version it runs.
    """
    version = cluster.spec.postgresql.version
    lowest = configuration.minimal_major_version
    lifted = configuration.major_version_upgrade_mode == "full" and lowest.isdecimal()
    return configuration.target_major_version if lifted and int(version) < int(lowest) else version
