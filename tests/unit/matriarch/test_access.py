import time

from matriarch.access import LOOK_SECONDS, KubernetesTie
from tests.unit.kube.server import Script, serving
from watcher.api import Api


async def troubled(script: Script, *, answered: float) -> str:
    """What a look finds when somebody had an answer so many seconds ago."""
    api = Api(script.configuration)
    tie = KubernetesTie(api, answered=lambda: time.monotonic() - answered)
    await tie.look()
    api.close()
    return tie.problem()


async def test_the_api_server_is_asked_when_nobody_had_an_answer_lately() -> None:
    with serving((200, {})) as script:
        assert await troubled(script, answered=LOOK_SECONDS + 1) == ""
    assert [asked.path for asked in script.asked] == ["/version"]


async def test_the_api_server_is_left_alone_while_it_answers_others() -> None:
    with serving() as script:
        assert await troubled(script, answered=LOOK_SECONDS - 1) == ""
    assert script.asked == []


async def test_an_api_server_that_does_not_answer_is_a_problem() -> None:
    with serving((503, {"message": "going down"})) as script:
        assert "going down" in await troubled(script, answered=LOOK_SECONDS + 1)
