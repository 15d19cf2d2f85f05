"""A planned switchover: asked for once, and seen to have happened or not."""

from typing import Any

import pytest

from activities.patroni import switchover
from tests.unit.patroni.pods import pod
from tests.unit.patroni.rest import recorded
from tests.unit.patroni.scene import FIRST, SECOND, Scene
from tests.unit.sql_server.world import NAME
from workflows.model.orders import Leadership, SwitchoverOrder

LEADER, CANDIDATE = f"{NAME}-0", f"{NAME}-1"


@pytest.fixture
def scene(without_sql: Scene) -> Scene:
    scene = without_sql
    scene.put(pod(0, role="master"), pod(1, role="replica", address=SECOND))()
    lead(scene, first=True)
    return scene


def lead(scene: Scene, *, first: bool) -> None:
    """Patroni's view when the first or the second member holds the lock."""
    members: list[dict[str, Any]] = recorded("cluster-streaming")["members"]
    members[0] |= {"role": "leader" if first else "replica", "host": FIRST}
    members[1] |= {"role": "replica" if first else "leader", "host": SECOND}
    for rest, leads in ((scene.first, first), (scene.second, not first)):
        rest.says("/cluster", {"members": members})
        rest.says("/primary", {}, status=200 if leads else 503)


def move(scene: Scene) -> None:
    lead(scene, first=False)
    scene.put(pod(0, role="replica"), pod(1, role="master", address=SECOND))()


def order(scene: Scene, *, seconds: float = 60.0) -> SwitchoverOrder:
    asked = scene.order(seconds)
    return SwitchoverOrder(
        ref=asked.ref,
        uid=asked.uid,
        leader=LEADER,
        candidate=CANDIDATE,
        deadline_seconds=seconds,
    )


def run(scene: Scene, **more: float) -> Leadership:
    steps = scene.steps()
    return type(steps)(**{**vars(steps), "pause": 0.02}).switchover(order(scene, **more))


def test_the_leader_is_asked_and_the_candidate_leads(scene: Scene) -> None:
    scene.first.says("/switchover", "Successfully switched over")
    scene.first.then = lambda: move(scene)
    assert run(scene) == Leadership(leader=CANDIDATE)
    assert scene.first.posted == [
        ("/switchover", {"leader": LEADER, "member": CANDIDATE, "scheduled_at": ""})
    ]


def test_the_primary_moves_also_while_the_manifest_is_invalid(scene: Scene) -> None:
    scene.spoil()
    scene.first.says("/switchover", "Successfully switched over")
    scene.first.then = lambda: move(scene)
    assert run(scene) == Leadership(leader=CANDIDATE)


def test_it_does_not_wait_for_an_answer_when_the_candidate_leads(scene: Scene) -> None:
    scene.first.then = lambda: move(scene)
    scene.first.says("/switchover", "status unknown", status=503)
    assert run(scene).leader == CANDIDATE


def test_an_answer_is_not_taken_for_the_fact(scene: Scene) -> None:
    scene.first.says("/switchover", "Successfully switched over")
    found = run(scene, seconds=0.3)
    assert found.leader == LEADER
    assert found.refusal == f"{CANDIDATE}: waiting for the leader lock"


def test_a_refusal_is_told_in_patronis_words(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switchover, "SECONDS_AFTER_REFUSAL", 0.1)
    scene.first.says("/switchover", b"candidate is not healthy", status=412)
    found = run(scene)
    assert found == Leadership(leader=LEADER, refusal="Patroni refuses: candidate is not healthy")


def test_a_second_run_finds_the_candidate_in_place(scene: Scene) -> None:
    move(scene)
    assert run(scene) == Leadership(leader=CANDIDATE)
    assert scene.first.posted + scene.second.posted == []


def test_nothing_is_asked_when_another_leads_than_was_thought(scene: Scene) -> None:
    members = recorded("cluster-streaming")["members"]
    third = {**members[0], "name": f"{NAME}-2"}
    members[0] |= {"role": "replica"}
    for rest in (scene.first, scene.second):
        rest.says("/cluster", {"members": [*members, third]})
    assert run(scene) == Leadership(leader=f"{NAME}-2")
    assert scene.first.posted + scene.second.posted == []


def test_the_new_primarys_label_is_awaited(scene: Scene) -> None:
    lead(scene, first=False)
    assert run(scene, seconds=0.1).refusal.endswith("its pod is not labelled yet")
