import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from matriarch.health import DEAD_SECONDS, Health
from matriarch.web import Web


@pytest.fixture
def health() -> Health:
    return Health(stage="")


@pytest.fixture
def web(health: Health) -> Iterator[Web]:
    serving = Web(health, port=0)
    serving.start()
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


def test_status_and_metrics_show_the_figures(web: Web, health: Health) -> None:
    health.figures["watcher"] = lambda: {"leading": 1.0, "clusters": 3.0}
    assert json.loads(get(web, "/status")[1])["watcher"] == {"leading": 1.0, "clusters": 3.0}
    assert get(web, "/metrics")[1].splitlines() == [
        "matriarch_ready 1",
        "matriarch_watcher_clusters 3",
        "matriarch_watcher_leading 1",
    ]


def test_an_unknown_page_is_said_to_be_unknown(web: Web) -> None:
    status, text = get(web, "/config/")
    assert status == 404
    assert "no such page" in json.loads(text)["error"]


def test_a_failing_check_is_answered_without_its_text(web: Web, health: Health) -> None:
    health.checks["bad"] = lambda: str(1 / 0)
    assert get(web, "/readyz") == (500, '{"error": "internal error"}')
