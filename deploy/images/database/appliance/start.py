"""Makes everything ready for the services: `python3 -m appliance.start`, before they start."""

import logging
import os
import sys
from typing import Any

import yaml

from . import archive, certificates, crontab, facts, filesystem, patroni, services, version
from .environment import BadEnvironment, Environment, Layout, is_on

log = logging.getLogger("configure")


def main() -> int:
    level = "DEBUG" if os.environ.get("DEBUG") else "INFO"
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s: %(message)s", level=level)
    try:
        prepare(os.environ)
    except BadEnvironment as error:
        log.error("%s", error)
        return 1
    return 0


def prepare(environment: Environment) -> None:
    """Write all that the services read."""
    layout = Layout.of(environment)
    found = facts.gather(layout.data)
    oauth = facts.has_oauth_module()
    config = patroni.configuration(environment, facts=found, layout=layout, oauth=oauth)
    filesystem.prepare(layout, hourly_logs=is_on(environment, "LOG_SHIP_HOURLY"))
    text = yaml.dump(config, Dumper=yaml.CSafeDumper, sort_keys=False, width=200)
    filesystem.write(layout.configuration, text, mode=0o640)
    certificates.write(environment, layout)
    certificates.note_mounted(environment, layout)
    filesystem.give_to_postgres(layout.certificates.iterdir())
    _write_archive(environment, layout, config=config, found=found)
    for file, content in services.pgbouncer_files(environment, layout).items():
        filesystem.write(file, content, mode=0o600)
    _write_services(environment, layout)
    log.info("PostgreSQL %s, %s", config["postgresql"]["bin_dir"], layout.data)


def _write_archive(
    environment: Environment, layout: Layout, *, config: dict[str, Any], found: facts.Facts
) -> None:
    user = patroni.user_configuration(environment)
    major = version.choose(environment, facts=found, user=user)
    described = archive.description(environment, scope=config["scope"], major=major)
    filesystem.write_envdir(layout.archive(), described)


def _write_services(environment: Environment, layout: Layout) -> None:
    jobs = crontab.lines(environment)
    if jobs:
        filesystem.write(layout.crontab, "\n".join([*jobs, ""]), mode=0o600)
    scripts = services.scripts(
        environment, layout=layout, as_user=filesystem.as_postgres(), jobs=bool(jobs)
    )
    for file, text in scripts.items():
        filesystem.write(file, text, mode=0o755)


if __name__ == "__main__":
    sys.exit(main())
