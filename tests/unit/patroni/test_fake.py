"""The pretended Patroni keeps the contract that the real one was seen to keep."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.unit.patroni import contract
from tests.unit.patroni.fake import Patroni, answering
from tests.unit.sql_server.world import NAME

PRIMARY, REPLICA = f"{NAME}-0", f"{NAME}-1"


@pytest.fixture
def api() -> Iterator[contract.Api]:
    patroni = Patroni()
    with answering(patroni) as port:

        def ask(
            member: str, method: str, path: str, body: Mapping[str, Any] | None = None
        ) -> tuple[int, Any]:
            connection = http.client.HTTPConnection(patroni.members[member], port, timeout=5)
            connection.request(method, path, body=json.dumps(body) if body else None)
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
            return answer.status, json.loads(text) if text.startswith("{") else text

        yield ask


def until(what: str, check: Callable[[], bool]) -> None:
    assert check(), what


def test_it_stores_what_it_is_given(api: contract.Api) -> None:
    contract.check_patch(api, PRIMARY)


def test_it_restarts_nobody_without_need(api: contract.Api) -> None:
    contract.check_restart_without_need(api, REPLICA)


def test_a_standby_never_has_less_than_its_primary(api: contract.Api) -> None:
    contract.check_lowering(api, PRIMARY, REPLICA, until=until)
