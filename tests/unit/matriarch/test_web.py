import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from matriarch.health import DEAD_SECONDS, Health
from matriarch.metrics import gauge
from matriarch.rest.errors import NoAnswer
from matriarch.web import Web
from workflows.model.errors import Unavailable


@pytest.fixture
def health() -> Health:
    return Health(stage="")


@pytest.fixture
def web(health: Health) -> Iterator[Web]:
    serving = Web(health)
    serving.serve_on(0)
    yield serving
    serving.stop()


def get(web: Web, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{web.port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize("path", ["/readyz", "/readyz/"])
def test_ready_when_nothing_is_wrong(web: Web, path: str) -> None:
    assert get(web, path) == (200, '"OK"')


def test_not_ready_while_starting(web: Web, health: Health) -> None:
    health.stage = "waiting for Temporal at temporal:7233"
    assert get(web, "/readyz") == (503, "waiting for Temporal at temporal:7233")


def test_not_ready_with_every_reason(web: Web, health: Health) -> None:
    health.checks |= {"temporal": lambda: "no answer", "workers": lambda: "not polling"}
    assert get(web, "/readyz") == (503, "temporal: no answer; workers: not polling")


def test_a_notice_does_not_make_it_unready(web: Web, health: Health) -> None:
    health.notices["configuration"] = lambda: "workers: 'x' is not accepted"
    assert get(web, "/readyz")[0] == 200
    assert "not accepted" in get(web, "/status/")[1]


def test_alive_though_not_ready(web: Web, health: Health) -> None:
    health.stage = "starting"
    assert get(web, "/livez")[0] == 200


def test_dead_when_the_event_loop_stands_still(
    web: Web, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_beat", health._beat - DEAD_SECONDS - 1)
    assert get(web, "/livez")[0] == 503
    assert get(web, "/readyz")[0] == 503


def test_status_shows_the_facts(web: Web, health: Health) -> None:
    health.facts["Clusters"] = lambda: 3
    assert json.loads(get(web, "/status")[1])["Clusters"] == 3


def test_metrics_show_the_families(web: Web, health: Health) -> None:
    health.families.append(lambda: [gauge("leader", "Whether it leads.", 1.0)])
    lines = get(web, "/metrics")[1].splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "matriarch_leader 1",
        "matriarch_ready 1",
    ]


def test_an_unknown_page_is_an_error_as_everything_is(web: Web) -> None:
    def rest(path: str) -> object:
        raise NoAnswer("page not found")

    web.rest = rest
    assert get(web, "/clusterz/") == (500, '{"error": "page not found"}')


@pytest.mark.parametrize("path", ["/clusters", "/clusters/", "/clusters/?x=1"])
def test_pages_of_the_api_are_json(web: Web, path: str) -> None:
    web.rest = lambda path: {"acid": [path]}
    assert get(web, path) == (200, '{"acid": ["/clusters"]}')


def test_a_server_that_does_not_answer_is_told(web: Web) -> None:
    def rest(path: str) -> object:
        raise Unavailable("list postgresql: no answer")

    web.rest = rest
    assert get(web, "/clusters/") == (500, '{"error": "list postgresql: no answer"}')


def test_a_slow_page_keeps_no_probe_waiting(web: Web) -> None:
    asked, answered = threading.Event(), threading.Event()

    def rest(path: str) -> object:
        asked.set()
        assert answered.wait(10)
        return "late"

    web.rest = rest
    slow = threading.Thread(target=get, args=(web, "/clusters/"))
    slow.start()
    assert asked.wait(10)
    assert get(web, "/readyz/")[0] == 200
    answered.set()
    slow.join()


def test_while_it_starts_there_is_nothing_to_show(web: Web) -> None:
    assert get(web, "/config/") == (500, '{"error": "the process is still starting"}')


def test_the_port_can_be_changed_while_it_serves(web: Web, health: Health) -> None:
    before, free = web.port, Web(health)
    free.serve_on(0)
    other = free.port
    free.stop()
    web.serve_on(other)
    assert web.port == other != before
    assert get(web, "/readyz")[0] == 200


def test_a_failing_check_is_answered_without_its_text(web: Web, health: Health) -> None:
    health.checks["bad"] = lambda: str(1 / 0)
    assert get(web, "/readyz") == (500, '{"error": "internal error"}')
