from pathlib import Path

import pytest

from tests.devcluster import cli, state
from tests.devcluster.layout import Layout


@pytest.mark.parametrize("command", ["kubeconfig", "run -- true", "node stop worker", "reset"])
def test_a_command_that_needs_a_running_platform_says_so(
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert cli.main(command.split()) == 1
    assert "`python -m tests.devcluster up` starts it" in capsys.readouterr().err


def test_only_root_may_change_things(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert cli.main(["up"]) == 1
    assert "only root" in capsys.readouterr().err


def test_status_of_nothing_is_not_an_error_message_but_an_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cli.main(["status"]) == 1
    assert capsys.readouterr().out.startswith("not running")


def test_down_of_what_never_was_is_harmless(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert cli.main(["down"]) == 0
    assert state.load(Layout.of()) is None


def test_a_dash_dash_ends_our_words_and_the_rest_is_the_command() -> None:
    words = cli.parser().parse_args(["run", "--inside", "--", "kubectl", "get", "--", "pods"])
    assert words.inside
    assert cli.command_of(words) == ["kubectl", "get", "--", "pods"]
