from pathlib import Path

import pytest

from matriarch.arguments import Arguments, Command, parse
from matriarch.settings import Flags


@pytest.mark.parametrize("command", ["operator", "worker", "watcher"])
def test_commands_run_without_flags(command: str) -> None:
    assert parse([command]) == Arguments(Command(command))


@pytest.mark.parametrize("dash", ["-", "--"])
def test_flags_of_zalandos_operator_are_understood(dash: str) -> None:
    words = [f"{dash}kubeconfig=/k", f"{dash}outofcluster", f"{dash}nodatabaseaccess=true"]
    words += [f"{dash}noteamsapi=false", f"{dash}kubeqps=10", f"{dash}kubeburst", "20"]
    assert parse(["operator", *words]).flags == Flags(
        kubeconfig="/k", out_of_cluster=True, no_database_access=True, no_teams_api=False
    )


def test_a_wrong_switch_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["operator", "-noteamsapi=perhaps"])
    assert "neither true nor false" in capsys.readouterr().err


def test_a_command_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse([])
    assert "COMMAND" in capsys.readouterr().err


def test_crds_may_go_to_a_folder() -> None:
    assert parse(["crds", "deploy/crds"]).folder == Path("deploy/crds")
