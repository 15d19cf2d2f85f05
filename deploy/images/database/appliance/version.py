"""Which of the installed majors serves this cluster."""

import logging
import re
from pathlib import Path
from typing import Any

from .environment import Environment
from .facts import MAJORS, Facts

log = logging.getLogger("configure")
BIN_DIR = re.compile(r"^/usr/lib/postgresql/(\d+)/bin/?$")


def choose(environment: Environment, *, facts: Facts, user: dict[str, Any]) -> int:
    """The data's own major if there is data; else the one asked for; else the newest.

    A running cluster keeps its major when another is asked for: the upgrade is a step of its own.
    """
    if facts.data_major is not None:
        return facts.data_major
    return wanted(environment, facts=facts, user=user)


def wanted(environment: Environment, *, facts: Facts, user: dict[str, Any]) -> int:
    """The major the environment asks for, whatever the data was made by."""
    bin_dir = (user.get("postgresql") or {}).get("bin_dir")
    if match := BIN_DIR.match(str(bin_dir or "")):
        return int(match[1])
    asked = environment.get("PGVERSION", "").strip().partition(".")[0]
    if asked.isdigit() and int(asked) in facts.majors:
        return int(asked)
    if asked:
        log.warning("PostgreSQL %s is not in this image, taking %s", asked, facts.newest)
    return facts.newest


def bin_dir(major: int) -> Path:
    return MAJORS / str(major) / "bin"
