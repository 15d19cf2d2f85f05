"""What is asked of a real HTTP server, and what is made of its answers."""

import socket
from collections.abc import Iterator

import pytest

from activities.teams import client
from activities.teams.client import TeamsClient
from tests.field.teams_api import TeamsApi, serving
from workflows.model.errors import Forbidden, MatriarchError, NotFound, Precondition, Unavailable

TOKEN = "Token-Of-The-Teams-Api"


@pytest.fixture
def api() -> Iterator[TeamsApi]:
    with serving(TOKEN) as running:
        yield running


def members(api: TeamsApi, team: str = "acid", *, token: str = TOKEN) -> list[str]:
    return TeamsClient().members(team, url=api.url, token=token)


def test_members_are_asked_for_with_a_token_below_the_address(api: TeamsApi) -> None:
    api.teams["acid"] = ["zoe", "ann", "zoe"]

    assert members(api) == ["ann", "zoe"]
    assert api.asked == ["/api/teams/acid"]


def test_an_address_without_a_slash_means_the_same(api: TeamsApi) -> None:
    api.teams["acid"] = []

    assert TeamsClient().members("acid", url=api.url.rstrip("/"), token=TOKEN) == []
    assert api.asked == ["/api/teams/acid"]


def test_a_strange_name_of_a_team_leads_nowhere_else(api: TeamsApi) -> None:
    with pytest.raises(NotFound):
        members(api, "../users?x=1")

    assert api.asked == ["/api/teams/..%2Fusers%3Fx%3D1"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFound), (401, Forbidden), (403, Forbidden), (400, Precondition),
        (302, Precondition), (500, Unavailable), (503, Unavailable), (204, Precondition),
    ],
)  # fmt: skip
def test_any_status_but_200_is_an_error(
    api: TeamsApi, status: int, error: type[MatriarchError]
) -> None:
    api.faults["acid"] = (status, b"")

    with pytest.raises(error, match="the Teams API on team acid"):
        members(api)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"member": null}', b'{"member": "ann"}', b'{"member": [1]}'],
)
def test_an_answer_without_a_list_of_members_is_no_empty_team(api: TeamsApi, body: bytes) -> None:
    api.faults["acid"] = (200, body)

    with pytest.raises(Unavailable, match="the Teams API on team acid: the answer"):
        members(api)


def test_a_wrong_token_is_refused_without_being_shown(api: TeamsApi) -> None:
    api.faults["acid"] = (403, b"Bearer Wrong-Token")

    with pytest.raises(Forbidden) as caught:
        members(api, token="Wrong-Token")

    assert "Wrong-Token" not in str(caught.value)


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unavailable, match="no answer"):
            TeamsClient().members("acid", url=url, token=TOKEN)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1", "no answer"),
        ("https://", "no answer"),
        ("teams.example.com", "its address 'teams.example.com' does not begin with https://"),
        ("", "its address '' does not begin with https://"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(url: str, told: str) -> None:
    with pytest.raises(MatriarchError, match=f"the Teams API on team acid: {told}"):
        TeamsClient().members("acid", url=url, token=TOKEN)
