import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from activities.kube import transport
from activities.kube.calls import writes
from tests.unit.kube.server import serving
from workflows.model.errors import Conflict, Forbidden, Precondition, Unavailable

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "ns", "uid": "1"},
}
REFUSED = {"message": "the UID in the precondition does not match"}


def test_gets_an_object_with_credentials_and_our_name() -> None:
    with serving((200, POD)) as script:
        assert script.kube.get("Pod", "ns", "p") == POD
    (asked,) = script.asked
    assert (asked.method, asked.path) == ("GET", "/api/v1/namespaces/ns/pods/p")
    assert asked.headers["User-Agent"] == "postgres-operator"
    assert asked.headers["authorization"] == "Bearer t0ken"


def test_what_is_not_there_is_none() -> None:
    with serving((404, {}), (404, {})) as script:
        kube = script.kube
        assert kube.get("Pod", "ns", "p") is None
        assert kube.patch("Pod", "ns", "p", {}) is None


def test_lists_from_the_cache_by_label_and_says_what_items_are() -> None:
    with serving((200, {"items": [{"metadata": {"name": "p"}}]})) as script:
        listed = script.kube.list("StatefulSet", "ns", {"a": "b", "c": "d"})
    assert listed == [{"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "p"}}]
    assert script.asked[0].path == (
        "/apis/apps/v1/namespaces/ns/statefulsets?labelSelector=a%3Db%2Cc%3Dd&resourceVersion=0"
    )


def test_a_fresh_list_comes_in_pages() -> None:
    first = {"items": [{"metadata": {"name": "a"}}], "metadata": {"continue": "next"}}
    second = {"items": [{"metadata": {"name": "b"}}], "metadata": {}}
    with serving((200, first), (200, second)) as script:
        listed = script.kube.list("Pod", "", {}, fresh=True)
    assert [item["metadata"]["name"] for item in listed] == ["a", "b"]
    assert script.asked[0].path == "/api/v1/pods?labelSelector=&limit=500"
    assert script.asked[1].path.endswith("&continue=next")


def test_objects_can_be_chosen_by_their_fields() -> None:
    with serving((200, {"items": []})) as script:
        script.kube.list("Event", "ns", {}, fields={"type": "Warning"})
    asked = script.asked[0].path.partition("?")[2]
    assert asked == "labelSelector=&fieldSelector=type%3DWarning&resourceVersion=0"


def test_kinds_that_the_server_has_are_known_without_a_right_to_read_them() -> None:
    storage = {"resources": [{"name": "storageclasses"}, {"name": "volumeattributesclasses"}]}
    older = {"resources": [{"name": "storageclasses"}]}
    with serving((200, storage), (200, older), (404, {})) as script:
        served = [script.kube.serves("VolumeAttributesClass") for _ in range(3)]
    assert served == [True, False, False]
    assert script.asked[0].path == "/apis/storage.k8s.io/v1"
    assert writes(script.kube.calls.snapshot()) == 0


def following(*events: dict[str, Any]) -> Callable[[BaseHTTPRequestHandler], None]:
    """A watch that tells these events and then falls silent, until the client hangs up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        for event in events:
            handler.wfile.write(json.dumps(event).encode() + b"\n")
        handler.wfile.flush()
        handler.connection.recv(1)

    return answer


def test_an_object_is_followed_until_nothing_is_heard() -> None:
    changed = {**POD, "status": {"phase": "Running"}}
    events = [
        {"type": "ADDED", "object": POD},
        {"type": "DELETED", "object": POD},
        {"type": "ADDED", "object": changed},
    ]
    with serving(following(*events)) as script:
        followed = list(script.kube.follow("Pod", "ns", "p", seconds=0.2))
    assert followed == [POD, None, changed]
    assert script.asked[0].path == (
        "/api/v1/namespaces/ns/pods?fieldSelector=metadata.name%3Dp&watch=true"
    )


def test_what_the_server_can_not_go_on_with_ends_the_following() -> None:
    expired = {"type": "ERROR", "object": {"code": 410}}
    with serving(following({"type": "ADDED", "object": POD}, expired)) as script:
        assert list(script.kube.follow("Pod", "ns", "p", seconds=5.0)) == [POD]


def test_following_may_be_refused() -> None:
    with serving((403, {"message": "pods is forbidden"})) as script, pytest.raises(Forbidden):
        list(script.kube.follow("Pod", "ns", "p", seconds=0.2))


def test_applies_under_our_name_by_force() -> None:
    with serving((200, POD)) as script:
        script.kube.apply(POD)
    (asked,) = script.asked
    assert asked.method == "PATCH"
    assert asked.path.endswith("/pods/p?fieldManager=postgres-operator&force=true")
    assert asked.headers["Content-Type"] == "application/apply-patch+yaml"
    assert asked.body == POD


def test_a_dry_run_only_checks() -> None:
    with serving((201, POD)) as script:
        script.kube.create(POD, dry_run=True)
    assert script.asked[0].path.endswith("/pods?fieldManager=postgres-operator&dryRun=All")


def test_status_is_patched_apart() -> None:
    with serving((200, POD)) as script:
        script.kube.patch_status("postgresql", "ns", "c", {"status": {}})
    (asked,) = script.asked
    assert "/namespaces/ns/postgresqls/c/status?" in asked.path
    assert asked.headers["Content-Type"] == "application/merge-patch+json"


def test_deletes_the_one_that_was_meant() -> None:
    with serving((200, {"kind": "Status"})) as script:
        assert script.kube.delete("Pod", "ns", "p", uid="1", propagation="Orphan")
    assert script.asked[0].body == {"propagationPolicy": "Orphan", "preconditions": {"uid": "1"}}


@pytest.mark.parametrize("answers", [[(404, {})], [(409, REFUSED), (200, POD)]])
def test_an_object_of_another_uid_is_as_good_as_none(answers: list[Any]) -> None:
    with serving(*answers) as script:
        assert not script.kube.delete("Pod", "ns", "p", uid="2")


def test_another_conflict_on_deletion_is_passed_on() -> None:
    with serving((409, {"message": "busy"}), (200, POD)) as script, pytest.raises(Conflict):
        script.kube.delete("Pod", "ns", "p", uid="1")


def test_a_manifest_of_an_unknown_version_is_refused() -> None:
    with serving() as script, pytest.raises(Precondition, match="v1beta1"):
        script.kube.apply(POD | {"apiVersion": "v1beta1"})


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


def test_a_read_on_a_connection_that_breaks_is_made_again() -> None:
    with serving(hang_up, (200, POD)) as script:
        assert script.kube.get("Pod", "ns", "p") == POD


def test_a_write_on_a_connection_that_breaks_is_not_made_again() -> None:
    with serving(hang_up, (200, POD)) as script, pytest.raises(Unavailable):
        script.kube.apply(POD)
    assert len(script.asked) == 1


def test_a_silent_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.1)
    end = threading.Event()
    with serving(lambda request: end.wait(20)) as script:
        with pytest.raises(Unavailable, match=r"did not answer within 0\.1 s"):
            script.kube.get("Pod", "ns", "p")
        end.set()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with serving() as script:
        kube = script.kube
    with pytest.raises(Unavailable, match="can't be reached"):
        kube.get("Pod", "ns", "p")


def test_calls_are_counted_by_verb_and_kind() -> None:
    with serving((200, POD), (404, {}), (200, POD)) as script:
        kube = script.kube
        kube.get("Pod", "ns", "p")
        kube.get("Pod", "ns", "q")
        kube.apply(POD)
    counts = kube.calls.snapshot()
    assert counts == {("get", "Pod"): 2, ("apply", "Pod"): 1}
    assert writes(counts) == 1


def test_many_threads_share_one_client() -> None:
    results: list[object] = []
    with serving(*[(200, POD)] * 40) as script:
        kube = script.kube
        threads = [
            threading.Thread(target=lambda: results.append(kube.get("Pod", "ns", "p")))
            for _ in range(40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [POD] * 40
