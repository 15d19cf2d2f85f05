import threading
from collections.abc import Iterator

import pytest

from tests.unit.watcher.stub import CLUSTERS, CUT, HANG, ApiStub, bookmark, event, resource, too_old
from tests.unit.watcher.waiting import until
from watcher.api import Api
from watcher.backoff import Backoff
from watcher.feed import Changed, Feed, Listed, News
from watcher.selection import CONFIG_MAPS, POSTGRESQLS, SECRETS, Selection


class Reading:
    """A feed that runs in a thread, and what it delivered."""

    def __init__(self, api: Api, *, silence: float) -> None:
        self.news: list[News] = []
        self.feed = Feed(api, CLUSTERS, silence=silence, backoff=Backoff(first=0.01, limit=0.05))
        self.thread = threading.Thread(target=self.feed.run, args=(self.news.append,))
        self.thread.start()

    @property
    def heard(self) -> list[str]:
        """Deliveries in short: names of a list in brackets, or `KIND name`."""
        return [_short(news) for news in self.news]

    def stop(self) -> None:
        self.feed.stop()
        self.thread.join(timeout=10)
        assert not self.thread.is_alive()


def _short(news: News) -> str:
    if isinstance(news, Listed):
        return f"[{' '.join(item['metadata']['name'] for item in news.objects)}]"
    return f"{news.kind} {news.object['metadata']['name']}"


class Readings:
    def __init__(self, api: Api) -> None:
        self._api = api
        self.all: list[Reading] = []

    def start(self, *, silence: float = 30.0) -> Reading:
        self.all.append(Reading(self._api, silence=silence))
        return self.all[-1]


@pytest.fixture
def readings(api: Api) -> Iterator[Readings]:
    started = Readings(api)
    yield started
    for reading in started.all:
        reading.stop()


def test_a_feed_lists_and_then_watches_from_where_the_list_ended(
    stub: ApiStub, readings: Readings
) -> None:
    stub.lists = [[resource("a")]]
    stub.watches = [[event("ADDED", resource("b", version=11)), HANG]]
    reading = readings.start()
    until(lambda: len(reading.news) == 2)
    assert reading.heard == ["[a]", "ADDED b"]
    assert stub.watched_from == ["10"]


def test_all_pages_of_a_long_list_arrive_as_one(stub: ApiStub, readings: Readings) -> None:
    stub.page_size = 2
    stub.lists = [[resource(name) for name in "abcde"]]
    reading = readings.start()
    until(lambda: reading.news)
    assert reading.heard == ["[a b c d e]"]


def test_a_watch_that_the_server_ends_is_resumed_after_the_last_event(
    stub: ApiStub, readings: Readings
) -> None:
    stub.watches = [
        [event("ADDED", resource("a", version=11)), event("MODIFIED", resource("a", version=14))],
        [HANG],
    ]
    readings.start()
    until(lambda: len(stub.watched_from) == 2)
    assert stub.watched_from == ["10", "14"]
    assert stub.listed == 1


def test_a_bookmark_moves_the_place_to_resume_from_and_is_no_news(
    stub: ApiStub, readings: Readings
) -> None:
    stub.watches = [[bookmark(99)], [HANG]]
    reading = readings.start()
    until(lambda: len(stub.watched_from) == 2)
    assert stub.watched_from == ["10", "99"]
    assert reading.heard == ["[]"]


def test_a_watch_asks_for_bookmarks_and_for_an_end(stub: ApiStub, readings: Readings) -> None:
    readings.start()
    until(lambda: stub.watched_from)
    query = stub.asked[-1]
    assert query["allowWatchBookmarks"] == "true"
    assert 240 <= int(query["timeoutSeconds"]) < 300


@pytest.mark.parametrize("refusal", [[too_old()], 410], ids=["event", "status"])
def test_too_old_a_version_leads_to_a_new_list(
    stub: ApiStub, readings: Readings, refusal: list[dict[str, object]] | int
) -> None:
    stub.lists = [[resource("a")], [resource("b")]]
    stub.watches = [refusal, [HANG]]
    reading = readings.start()
    until(lambda: len(stub.watched_from) == 2)
    assert reading.heard == ["[a]", "[b]"]


def test_a_silent_connection_is_given_up_and_resumed(stub: ApiStub, readings: Readings) -> None:
    stub.watches = [
        [event("ADDED", resource("a", version=11)), HANG],
        [event("ADDED", resource("b", version=12)), HANG],
    ]
    reading = readings.start(silence=2.0)
    until(lambda: len(reading.news) >= 3)
    assert reading.heard[:3] == ["[]", "ADDED a", "ADDED b"]
    assert stub.watched_from[:2] == ["10", "11"]
    assert stub.listed == 1


def test_a_connection_cut_within_a_line_loses_nothing(stub: ApiStub, readings: Readings) -> None:
    stub.watches = [
        [event("ADDED", resource("a", version=11)), CUT],
        [event("ADDED", resource("b", version=12)), HANG],
    ]
    reading = readings.start()
    until(lambda: len(reading.news) == 3)
    assert reading.heard == ["[]", "ADDED a", "ADDED b"]
    assert stub.watched_from == ["10", "11"]


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_a_refused_list_is_tried_again(stub: ApiStub, readings: Readings, status: int) -> None:
    stub.lists = [status, status, [resource("a")]]
    reading = readings.start()
    until(lambda: reading.news)
    assert reading.heard == ["[a]"]


def test_a_refused_watch_is_tried_again_without_a_new_list(
    stub: ApiStub, readings: Readings
) -> None:
    stub.watches = [503, [event("ADDED", resource("a", version=11)), HANG]]
    reading = readings.start()
    until(lambda: len(reading.news) == 2)
    assert stub.listed == 1


def test_trouble_is_told_while_it_lasts(stub: ApiStub, readings: Readings) -> None:
    stub.lists = [403]
    reading = readings.start()
    until(lambda: reading.feed.trouble)
    assert "403" in reading.feed.trouble
    stub.lists = [[resource("a")]]
    until(lambda: not reading.feed.trouble)


def test_stop_ends_a_feed_that_waits_for_news(stub: ApiStub, readings: Readings) -> None:
    reading = readings.start(silence=600)
    until(lambda: stub.watched_from)
    reading.stop()
    assert not reading.thread.is_alive()


def test_nothing_is_delivered_once_stopped(stub: ApiStub, api: Api) -> None:
    news: list[News] = []
    feed = Feed(api, CLUSTERS)

    def deliver(item: News) -> None:
        news.append(item)
        feed.stop()

    stub.watches = [[event("ADDED", resource("a", version=11)), HANG]]
    feed.run(deliver)
    assert not any(isinstance(item, Changed) for item in news)


def test_one_namespace_or_all_of_them() -> None:
    assert (
        Selection(POSTGRESQLS, "prod").path == "/apis/acid.zalan.do/v1/namespaces/prod/postgresqls"
    )
    assert Selection(SECRETS).path == "/api/v1/secrets"


def test_a_selection_is_narrowed_by_label_and_name() -> None:
    assert Selection(SECRETS, labels="cluster-name").query == {"labelSelector": "cluster-name"}
    assert Selection(CONFIG_MAPS, name="main").query == {"fieldSelector": "metadata.name=main"}


def test_what_arrives_is_cut_to_its_shape(stub: ApiStub, api: Api) -> None:
    stub.lists = [[resource("a")]]
    stub.watches = [[event("ADDED", resource("b", version=11)), HANG]]
    news: list[News] = []
    feed = Feed(api, CLUSTERS, shape=lambda item: {"name": item["metadata"]["name"]})
    thread = threading.Thread(target=feed.run, args=(news.append,))
    thread.start()
    until(lambda: len(news) == 2)
    feed.stop()
    thread.join(timeout=10)
    assert news == [Listed([{"name": "a"}]), Changed("ADDED", {"name": "b"})]
