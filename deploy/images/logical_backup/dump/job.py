"""The backup job: find a member, dump, compress and upload in one stream, tidy up."""

import logging
import os
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from . import settings, source, upload
from .settings import Settings

log = logging.getLogger("backup")
MAJORS = Path("/usr/lib/postgresql")
SIZE = "select sum(pg_database_size(datname)::numeric)::bigint from pg_database"


class DumpFailed(Exception):
    """The dump ended early; what was uploaded of it is thrown away."""


class Checked:
    """A pipe's output that fails at its end when one of the programs behind it has failed."""

    def __init__(self, output: IO[bytes], *programs: subprocess.Popen[bytes]) -> None:
        self._output = output
        self._programs = programs

    def read(self, size: int = -1) -> bytes:
        data = self._output.read(size)
        if not data:
            codes = [program.wait() for program in self._programs]
            if any(codes):
                raise DumpFailed(f"exit codes {codes}")
        return data


def main() -> int:
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s: %(message)s", level="INFO")
    try:
        run(settings.read(os.environ, epoch=int(time.time())))
    except (settings.BadSettings, source.NoMember, upload.UploadFailed, DumpFailed) as error:
        log.error("%s", error)
        return 1
    return 0


def run(order: Settings) -> None:
    """Make one backup; a failure on the way leaves no object behind."""
    programs = programs_for(order.major)
    environment = {**os.environ, "PGHOST": find_member(order)}
    size = wait_for_server(order, programs=programs, environment=environment)
    log.info("dumping %s (%s bytes) to s3://%s/%s", order.scope, size, order.bucket, order.key)
    store = upload.Store(order)
    dump = subprocess.Popen([str(programs / "pg_dumpall")], stdout=subprocess.PIPE, env=environment)
    pack = subprocess.Popen(["pigz"], stdin=dump.stdout, stdout=subprocess.PIPE)
    assert dump.stdout is not None and pack.stdout is not None
    # The dump must see the pipe break when the compression ends.
    dump.stdout.close()
    checked = Checked(pack.stdout, dump, pack)
    store.put(order.key, checked, expected=size)  # type: ignore[arg-type]  # only read() is used
    log.info("uploaded")
    if order.keep:
        store.remove_old(order.folder, before=upload.limit(datetime.now(UTC), order.keep))


def programs_for(major: str) -> Path:
    """The client programs of the cluster's own major, else of the newest."""
    own = MAJORS / major / "bin"
    newest = max(MAJORS.iterdir(), key=lambda folder: int(folder.name)) / "bin"
    return own if own.exists() else newest


def find_member(order: Settings) -> str:
    if host := os.environ.get("PGHOST"):
        return host
    pods = source.list_pods(order.namespace, selector=f"{order.cluster_label}={order.scope}")
    return source.choose(pods, role_label=order.role_label, node=source.own_node(pods))


def wait_for_server(order: Settings, *, programs: Path, environment: Mapping[str, str]) -> int:
    """The size of all databases, once the server answers."""
    command = [str(programs / "psql"), "--no-psqlrc", "-Atc", SIZE]
    for attempt in range(1, order.connect_retries + 1):
        answer = subprocess.run(command, capture_output=True, text=True, env=dict(environment))
        if answer.returncode == 0:
            return int(answer.stdout)
        log.warning("attempt %s: %s", attempt, answer.stderr.strip())
        time.sleep(order.connect_delay)
    raise DumpFailed(f"{environment['PGHOST']} does not answer")
