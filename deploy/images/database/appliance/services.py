"""The supervised services: a folder for each, with a script to run it and one for its end."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from .environment import Environment, Layout

# Patroni, and with it PostgreSQL and its scripts, see nothing else of the environment.
PATRONI_SEES = ("KUBERNETES_SERVICE", "KUBERNETES_PORT", "KUBERNETES_ROLE")
PATRONI_SEES_EXACTLY = (
    *("POD_IP", "POD_NAMESPACE", "HOSTNAME", "PATH", "PGHOME", "LC_ALL", "ENABLE_PG_MON"),
    *("RW_DIR", "PYTHONDONTWRITEBYTECODE"),
)

PATRONI = """#!/bin/sh
exec 2>&1
ulimit -c unlimited 2> /dev/null
# Ahead of PostgreSQL's own processes where the pod may set priorities.
if chrt -Rr 99 true 2> /dev/null; then first="chrt -Rr 99"; fi
cd {home}
{as_user} /scripts/clear_unfinished.sh {data} {configuration}
exec env -i {environment} $first {as_user} patroni {configuration}
"""

# Exit codes 0 and 2 are meant; a killed Patroni (out of memory) comes back at once, any other
# end after a while and not for ever, so that a broken cluster is not broken further.
PATRONI_END = """#!/bin/sh
ends=ends
case "$1/$2" in
    0/* | 2/*) printf d > supervise/control; exit 0 ;;
    -1/9) exit 0 ;;
esac
echo x >> "$ends"
count=$(wc -l < "$ends")
if [ "$count" -gt 5 ]; then printf d > supervise/control; exit 0; fi
echo "patroni ended with code $1, waiting $((count * 30)) s"
left=$((count * 30))
while [ "$left" -gt 0 ] && [ ! -e {stopping} ]; do sleep 1; left=$((left - 1)); done
"""

CRON = """#!/bin/sh
exec 2>&1
exec {as_user} python3 -m appliance.schedule {crontab}
"""

PGBOUNCER = """#!/bin/sh
exec 2>&1
exec {as_user} pgbouncer {folder}/pgbouncer.ini
"""


def scripts(
    environment: Environment, *, layout: Layout, as_user: str, jobs: bool
) -> dict[Path, str]:
    """File -> text for every service this container runs."""
    services = layout.services
    stopping = layout.writable / "stopping"
    found = {
        services / "patroni" / "run": PATRONI.format(
            home=layout.home,
            environment=assignments(patroni_environment(environment, layout)),
            as_user=as_user,
            configuration=layout.configuration,
            data=layout.data,
        ),
        services / "patroni" / "finish": PATRONI_END.format(stopping=stopping),
    }
    if jobs:
        found[services / "cron" / "run"] = CRON.format(as_user=as_user, crontab=layout.crontab)
    if environment.get("PGBOUNCER_CONFIGURATION"):
        folder = layout.writable / "pgbouncer"
        found[services / "pgbouncer" / "run"] = PGBOUNCER.format(as_user=as_user, folder=folder)
    return found


def patroni_environment(environment: Environment, layout: Layout) -> dict[str, str]:
    """The variables that Patroni is started with."""
    kept = {
        name: value
        for name, value in environment.items()
        if name in PATRONI_SEES_EXACTLY or name.startswith(PATRONI_SEES)
    }
    # Warnings of libraries about one another are of no use in a log of a database.
    return kept | {"HOME": str(layout.home), "USER": "postgres", "PYTHONWARNINGS": "ignore"}


def pgbouncer_files(environment: Environment, layout: Layout) -> dict[Path, str]:
    """The configuration of a pooler inside the pod, where one is asked for."""
    if not environment.get("PGBOUNCER_CONFIGURATION"):
        return {}
    folder = layout.writable / "pgbouncer"
    users = environment.get("PGBOUNCER_AUTHENTICATION") or environment.get("PGBOUNCER_AUTH", "")
    return {
        folder / "pgbouncer.ini": environment["PGBOUNCER_CONFIGURATION"],
        folder / "userlist.txt": users,
    }


def assignments(variables: Mapping[str, str]) -> str:
    return " ".join(shlex.quote(f"{name}={value}") for name, value in sorted(variables.items()))
