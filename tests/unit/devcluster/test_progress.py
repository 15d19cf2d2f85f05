from pathlib import Path

import pytest

from tests.devcluster.progress import Failed, Progress, call, tail, until


def test_waiting_returns_the_first_true_answer() -> None:
    answers = iter([None, "", "here"])
    assert until(lambda: next(answers), what="it", seconds=10, every=0) == "here"


def test_a_refused_connection_is_no_answer_yet() -> None:
    def refuse() -> bool:
        raise ConnectionRefusedError("nobody there")

    with pytest.raises(Failed, match=r"in vain for it \(nobody there\)"):
        until(refuse, what="it", seconds=0, every=0)


def test_a_wait_past_its_deadline_says_for_what_and_shows_the_logs_end(tmp_path: Path) -> None:
    log = tmp_path / "etcd.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))
    with pytest.raises(Failed) as failure:
        until(lambda: None, what="etcd to answer", seconds=0, every=0, log=log)
    message = str(failure.value)
    assert "in vain for etcd to answer" in message
    assert "line 99" in message
    assert "line 10\n" not in message


def test_a_log_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert "no log at" in tail(tmp_path / "none")


def test_a_failing_command_shows_its_own_words() -> None:
    with pytest.raises(Failed, match="exit code 3: no luck"):
        call(["sh", "-c", "echo no luck >&2; exit 3"])


def test_a_command_that_does_not_exist_is_named() -> None:
    with pytest.raises(Failed, match="/no/such: no such program"):
        call(["/no/such"])


def test_progress_lines_have_the_seconds_since_the_start(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Progress()("a step")
    assert capsys.readouterr().err == "[  0.0 s] a step\n"
