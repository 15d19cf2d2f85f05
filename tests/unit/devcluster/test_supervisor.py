"""The supervisor runs as a process of its own: as PID 1 does, it reaps every child it has."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devcluster.layout import CHECKOUT
from tests.devcluster.progress import until
from tests.devcluster.supervisor import Service, SupervisorClient

PROGRAM = """
import sys
from pathlib import Path
from tests.devcluster import supervisor
supervisor.RESTART_AFTER = 0.05
supervisor.Supervisor().run(Path(sys.argv[1]))
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[SupervisorClient]:
    socket = tmp_path / "s"
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(socket)], cwd=CHECKOUT)
    until(socket.exists, what="the supervisor", seconds=20, every=0.01)
    client = SupervisorClient(socket)
    yield client
    for entry in client.services().values():
        client.stop(entry["name"])
    process.kill()
    process.wait()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def shell(log: Path, script: str, **environment: str) -> Service:
    return Service("job", ("sh", "-c", script), str(log), environment)


def starts(supervisor: SupervisorClient) -> int:
    return int(supervisor.services()["job"]["starts"])


def test_a_service_runs_with_its_environment_and_its_output_in_the_log(
    supervisor: SupervisorClient, log: Path
) -> None:
    supervisor.start(shell(log, 'echo "$WORD"; exec sleep 1000', WORD="hello"))
    until(lambda: log.exists() and log.read_text(), what="output", seconds=10, every=0.01)
    assert log.read_text() == "hello\n"


def test_a_service_that_dies_is_started_again_and_its_log_grows(
    supervisor: SupervisorClient, log: Path
) -> None:
    supervisor.start(shell(log, "echo again"))
    until(lambda: starts(supervisor) >= 3, what="three starts", seconds=10, every=0.01)
    assert log.read_text().startswith("again\nagain\n")


def test_starting_what_runs_already_changes_nothing(
    supervisor: SupervisorClient, log: Path
) -> None:
    service = shell(log, "exec sleep 1000")
    first = supervisor.start(service)
    assert supervisor.start(service) == first
    assert starts(supervisor) == 1


def test_starting_another_command_under_the_same_name_replaces_the_first(
    supervisor: SupervisorClient, log: Path
) -> None:
    supervisor.start(shell(log, "exec sleep 1000"))
    supervisor.start(shell(log, "echo second; exec sleep 1000"))
    until(lambda: log.read_text() == "second\n", what="the second", seconds=10, every=0.01)
    assert supervisor.alive("job")


def test_a_stopped_service_is_not_started_again(supervisor: SupervisorClient, log: Path) -> None:
    supervisor.start(shell(log, "exec sleep 1000"))
    supervisor.stop("job")
    until(lambda: not supervisor.alive("job"), what="its end", seconds=10, every=0.01)
    assert supervisor.services() == {}


def test_a_stop_may_be_gentle(supervisor: SupervisorClient, log: Path) -> None:
    supervisor.start(
        shell(log, "trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.01; done")
    )
    until(lambda: log.exists() and log.read_text(), what="the trap", seconds=10, every=0.01)
    supervisor.stop("job", signal.SIGTERM)
    until(lambda: not supervisor.alive("job"), what="its end", seconds=10, every=0.01)
    assert log.read_text() == "up\nbye\n"


def test_stopping_something_unknown_is_harmless(supervisor: SupervisorClient) -> None:
    supervisor.stop("nobody")
    assert supervisor.services() == {}


def test_a_missing_program_is_told_to_who_asked(supervisor: SupervisorClient, log: Path) -> None:
    with pytest.raises(OSError, match="FileNotFoundError"):
        supervisor.start(Service("job", ("/no/such/program",), str(log)))


def test_a_broken_request_does_not_end_the_supervisor(supervisor: SupervisorClient) -> None:
    with pytest.raises(OSError, match="cannot dance"):
        supervisor._ask({"do": "dance"})
    assert supervisor.services() == {}


def test_orphans_are_reaped(supervisor: SupervisorClient, log: Path) -> None:
    # In a namespace orphans come to PID 1; here the service's own children stand for them.
    service = supervisor.start(shell(log, "echo; exec sleep 1000"))
    until(lambda: log.exists() and log.read_text(), what="output", seconds=10, every=0.01)
    supervisor.stop("job")
    until(lambda: not Path(f"/proc/{service}").exists(), what="reaping", seconds=10, every=0.01)
    assert supervisor.services() == {}
