"""The jobs of this container, as the lines of a crontab."""

import logging

import yaml

from . import certificates
from .environment import Environment

log = logging.getLogger("configure")
RELOAD = "* * * * * /scripts/test_reload_ssl.sh"


def lines(environment: Environment) -> list[str]:
    """All lines; none when there is nothing to do from time to time."""
    if environment.get("DEMO"):
        return []
    found = [RELOAD] if certificates.mounted(environment) else []
    return found + user_lines(environment.get("CRONTAB", ""))


def user_lines(text: str) -> list[str]:
    """The user's list of lines; what is no such list is left out with a warning."""
    try:
        found = yaml.safe_load(text) or []
    except yaml.YAMLError:
        found = None
    if not isinstance(found, list):
        log.warning("CRONTAB is not a list of lines, left out")
        return []
    return [str(line) for line in found]
