"""Logs of several members at once."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import pytest

from cli.api import Api
from cli.commands import logs
from cli.errors import Missing


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "AGAIN_SECONDS", 0.0)


class Container:
    """Prints one batch of lines each time it is started; None = it is not there."""

    def __init__(self, *batches: list[str] | None) -> None:
        self._batches = list(batches)
        self.asked: list[dict[str, Any]] = []

    def log(self, pod: str, **asked: Any) -> Iterator[str]:
        self.asked.append(asked)
        batch = self._batches.pop(0)
        if batch is None:
            raise Missing(f"no {pod}")
        yield from batch


def stream(container: Container, *, follow: bool) -> Iterator[str]:
    return logs._stream(cast(Api, container), "shop-0", tail=5, follow=follow)


def test_without_following_it_ends_with_the_last_line() -> None:
    assert list(stream(Container(["one", "two"]), follow=False)) == ["one", "two"]


def test_a_member_that_is_made_anew_is_followed_on() -> None:
    container = Container(["old"], None, ["new"])
    assert list(islice(stream(container, follow=True), 2)) == ["old", "new"]
    assert [one["tail"] for one in container.asked] == [5, None, None]
    assert container.asked[-1]["since"]


def test_a_member_that_never_was_is_told() -> None:
    with pytest.raises(Missing):
        list(stream(Container(None), follow=True))


def test_lines_of_all_members_come_as_they_are_printed() -> None:
    streams = {"shop-0": iter(["a", "b"]), "shop-1": iter(["c"])}
    assert sorted(islice(logs._mixed(streams), 3)) == [
        ("shop-0", "a"),
        ("shop-0", "b"),
        ("shop-1", "c"),
    ]


def test_the_first_that_fails_ends_it() -> None:
    with pytest.raises(Missing):
        list(logs._mixed({"shop-0": stream(Container(None), follow=True)}))
