import io
import json
import logging

import pytest

from matriarch import logs
from workflows.model.errors import Precondition
from workflows.tripwire import Tripwire

SECRET = "s3cret-s3cret"


@pytest.fixture
def tripwire(monkeypatch: pytest.MonkeyPatch) -> Tripwire:
    own = Tripwire()
    own.note(SECRET)
    monkeypatch.setattr(logs, "TRIPWIRE", own)
    return own


@pytest.mark.usefixtures("kept_logging")
def test_text_lines_say_when_what_and_where() -> None:
    stream = io.StringIO()
    logs.set_up(as_json=False, to=stream)
    logging.getLogger("watcher.feed").info("listed %d", 3)
    moment, rest = stream.getvalue().split(" ", 1)
    assert moment.endswith("Z")
    assert rest == "INFO watcher.feed: listed 3\n"


@pytest.mark.usefixtures("kept_logging")
def test_json_lines_are_objects_of_their_own() -> None:
    stream = io.StringIO()
    logs.set_up(as_json=True, to=stream)
    logging.getLogger("watcher.feed").warning('said "%s"', "no\nmore")
    [line] = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (line["level"], line["logger"]) == ("warning", "watcher.feed")
    assert line["msg"] == 'said "no\nmore"'


@pytest.mark.usefixtures("kept_logging", "tripwire")
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_secrets_are_masked_in_messages_arguments_and_tracebacks(as_json: bool) -> None:
    stream = io.StringIO()
    logs.set_up(as_json=as_json, to=stream)
    log = logging.getLogger("activities")
    log.info(f"a {SECRET}")
    log.info("b %s", SECRET)
    try:
        raise RuntimeError(f"c {SECRET}")
    except RuntimeError:
        log.exception("failed")
    assert "RuntimeError: c" in stream.getvalue()
    assert SECRET not in stream.getvalue()


@pytest.mark.usefixtures("kept_logging")
def test_errors_raised_on_purpose_take_one_line() -> None:
    stream = io.StringIO()
    logs.set_up(as_json=False, to=stream)
    try:
        raise Precondition("postgresql default/acid-a is gone")
    except Precondition:
        logging.getLogger("temporalio.activity").warning("Completing %s", "x", exc_info=True)
    [line] = stream.getvalue().splitlines()
    assert line.endswith("Completing x: Precondition: postgresql default/acid-a is gone")


@pytest.mark.usefixtures("kept_logging")
def test_libraries_that_print_answers_are_kept_quiet() -> None:
    stream = io.StringIO()
    logs.set_up(as_json=False, to=stream)
    logs.follow(debug=True)
    logging.getLogger("kubernetes.client.rest").debug("response body: ...")
    logging.getLogger("activities.kube").debug("looked")
    assert stream.getvalue().endswith("DEBUG activities.kube: looked\n")
    assert "response body" not in stream.getvalue()
