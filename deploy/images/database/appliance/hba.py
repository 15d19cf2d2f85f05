"""Who may connect, and how: the rules for pg_hba.conf."""

import logging
import re
from collections.abc import Sequence

log = logging.getLogger("configure")
METHOD = re.compile(r"\spam(\s|$)")


def default_rules(*, replication_user: str, people: str, pam: bool, allow_plain: bool) -> list[str]:
    """The rules of a cluster whose manifest brings none of its own.

    Local connections are trusted: inside the container only Patroni and an administrator connect.
    People authenticate through PAM where there is a module for it, else with a password as all.
    """
    rules = ["local all all trust"]
    if pam:
        rules += [
            f"hostssl all +{people} 127.0.0.1/32 pam",
            f"hostssl all +{people} ::1/128 pam",
        ]
    rules += ["host all all 127.0.0.1/32 md5", "host all all ::1/128 md5"]
    if pam:
        rules.append(f"hostssl all +{people} all pam")
    rules += [
        f"local replication {replication_user} trust",
        f"hostssl replication {replication_user} all md5",
    ]
    if not allow_plain:
        rules.append("hostnossl all all all reject")
    rules.append("hostssl all all all md5")
    return rules


def completed(rules: Sequence[str], *, replication_user: str) -> list[str]:
    """The user's rules, after the ones without which Patroni and the replicas are locked out."""
    fields = [rule.split("#")[0].split() for rule in rules]
    missing: list[str] = []
    if not any(field[:1] == ["local"] for field in fields):
        missing += ["local all all trust", f"local replication {replication_user} trust"]
    if not any("replication" in _databases(field) and field[0] != "local" for field in fields):
        missing.append(f"hostssl replication {replication_user} all md5")
    return [*missing, *rules]


def _databases(fields: Sequence[str]) -> list[str]:
    return fields[1].split(",") if len(fields) > 1 else []


def without_pam(rules: Sequence[str]) -> list[str]:
    """The rules that a server built without PAM can read; it refuses to start on the others."""
    kept = [rule for rule in rules if not METHOD.search(rule.split("#")[0])]
    for rule in rules:
        if rule not in kept:
            log.warning("this server knows no PAM, left out of pg_hba: %s", rule)
    return kept
