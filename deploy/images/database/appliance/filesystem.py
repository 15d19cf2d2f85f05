"""Puts folders and files in place, as root or as whatever user the pod runs as."""

import os
import pwd
from collections.abc import Iterable, Mapping
from pathlib import Path

from .environment import Layout

USER = "postgres"


def prepare(layout: Layout, *, hourly_logs: bool) -> None:
    """Make every folder that a service expects, with its owner."""
    if os.geteuid() != 0:
        name_running_user(Path("/etc/passwd"))
    for folder in (
        *(layout.root, layout.logs, layout.data, layout.services, layout.writable / "tmp"),
        *(layout.sockets, layout.certificates, layout.crontab.parent, layout.archive()),
        layout.writable / "pgbouncer",
    ):
        folder.mkdir(parents=True, exist_ok=True)
    layout.data.chmod(0o700)
    touch_logs(layout.logs, hourly=hourly_logs)
    (layout.writable / "stopping").unlink(missing_ok=True)
    give_to_postgres(
        [
            *(layout.root, layout.data, layout.logs, *layout.logs.glob("postgresql-*")),
            *(layout.sockets, layout.certificates, layout.writable / "tmp"),
            *(layout.crontab.parent, layout.writable / "pgbouncer"),
        ]
    )


def touch_logs(folder: Path, *, hourly: bool) -> None:
    """Empty files for days without a log yet: foreign tables read all of them."""
    hours = [f"-{hour:02}" for hour in range(24)] if hourly else [""]
    for name in (f"postgresql-{day}{hour}" for day in range(8) for hour in hours):
        (folder / f"{name}.csv").touch(mode=0o644)


def write(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file for the postgres user, never readable for others in between."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as content:
        content.write(text)
    file.chmod(mode)
    give_to_postgres([file])


def write_envdir(folder: Path, variables: Mapping[str, str]) -> None:
    """One file for each variable, without a line end."""
    for name, value in variables.items():
        write(folder / name, value, mode=0o600)


def give_to_postgres(paths: Iterable[Path]) -> None:
    """Hand paths to the postgres user; only root can, and only root has to."""
    if os.geteuid() != 0:
        return
    postgres = pwd.getpwnam(USER)
    for path in paths:
        os.chown(path, postgres.pw_uid, postgres.pw_gid)


def as_postgres() -> str:
    """A prefix that turns root into postgres but keeps the pod's groups, for mounted secrets."""
    if os.geteuid() != 0:
        return ""
    postgres = pwd.getpwnam(USER)
    groups = {postgres.pw_gid, 0, *os.getgroups(), *os.getgrouplist(USER, postgres.pw_gid)}
    numbers = ",".join(str(group) for group in sorted(groups))
    return f"setpriv --reuid {postgres.pw_uid} --regid {postgres.pw_gid} --groups {numbers}"


def name_running_user(passwd: Path) -> None:
    """Let the name postgres stand for the running user: initdb and psql look it up."""
    uid, gid = os.geteuid(), os.getegid()
    if any(entry.pw_uid == uid for entry in pwd.getpwall()):
        return
    lines = passwd.read_text().splitlines()
    named = [_renumbered(line, uid=uid, gid=gid) for line in lines]
    passwd.write_text("\n".join([*named, ""]))


def _renumbered(line: str, *, uid: int, gid: int) -> str:
    name, password, _, _, *rest = line.split(":")
    return ":".join([name, password, str(uid), str(gid), *rest]) if name == USER else line
