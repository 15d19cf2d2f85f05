"""Command lines, times, errors, requests: what is read and said around the views."""

import json

import pytest

from cli import asking, moments, pods
from cli.api import Scope
from cli.commands.psql import command
from cli.errors import Asked, Complaint, Denied, Missing, Stranger, Unknown, Unreachable, complaint
from cli.words import arrange
from tests.unit.cli.given import AT
from workflows.model.kinds import Kind

ASKED = Asked("get", "postgresqls.acid.zalan.do", "prod", "shop")


@pytest.mark.parametrize(
    "words",
    ["status shop -n prod", "status -n prod shop", "-n prod status shop"],
)
def test_where_may_be_said_anywhere(words: str) -> None:
    assert arrange(words.split()) == (["-n", "prod", "status", "shop"], [])


def test_what_stands_behind_two_dashes_is_left_alone() -> None:
    words = ["psql", "shop", "--context=c", "--", "-n", "-c", "select 1"]
    assert arrange(words) == (["--context=c", "psql", "shop"], ["-n", "-c", "select 1"])


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(4.25, "4.2 s"), (20.0, "20 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_spans_are_said_as_people_do(seconds: float, said: str) -> None:
    assert moments.span(seconds) == said


def test_a_time_can_be_told_from_now() -> None:
    assert moments.at_time("+30m", AT) == "2026-01-31T02:30:00Z"
    assert moments.at_time("2026-01-31T05:00:00+01:00", AT) == "2026-01-31T04:00:00Z"


@pytest.mark.parametrize("text", ["tomorrow", "2026-01-31T02:00:00", "30m"])
def test_a_time_without_zone_is_refused(text: str) -> None:
    with pytest.raises(Complaint, match="give one with zone"):
        moments.at_time(text, AT)


def answered(status: int, **body: object) -> Complaint:
    return complaint(status, json.dumps(body).encode(), ASKED)


def test_who_may_not_is_told_which_right_is_lacking() -> None:
    error = answered(403, message="forbidden")
    assert isinstance(error, Denied)
    assert str(error) == (
        "You may not get postgresqls.acid.zalan.do in namespace prod: ask an administrator for "
        'the right "get" on "postgresqls.acid.zalan.do".'
    )


def test_a_missing_object_is_told_from_a_missing_definition() -> None:
    assert isinstance(answered(404, details={"name": "shop"}), Missing)
    assert isinstance(complaint(404, b"404 page not found", ASKED), Unknown)


def test_other_answers_say_what_to_do() -> None:
    assert isinstance(answered(401), Stranger)
    assert isinstance(answered(503, message="etcd is gone"), Unreachable)
    assert "spec.at" in str(answered(422, message="spec.at: Invalid value"))


def test_a_request_says_only_what_was_wished() -> None:
    made = asking.request("shop", Kind.SWITCHOVER, candidate="shop-1")
    assert made["metadata"] == {"generateName": "shop-switchover-"}
    assert made["spec"] == {"cluster": "shop", "kind": "switchover", "candidate": "shop-1"}


def pod(name: str, role: str, *, ready: bool = True, label: str = "spilo-role") -> pods.Pod:
    env = [{"name": "KUBERNETES_ROLE_LABEL", "value": label}, {"name": "OTHER"}]
    return pods.seen(
        {
            "metadata": {"name": name, "labels": {label: role}},
            "spec": {"containers": [{"name": "sidecar"}, {"name": "postgres", "env": env}]},
            "status": {"containerStatuses": [{"name": "postgres", "ready": ready}]},
        }
    )


def test_a_session_goes_to_the_pod_whose_role_fits_whatever_the_label_is_called() -> None:
    found = [pod("shop-0", "replica"), pod("shop-1", "master", label="part")]
    assert pods.serving(found, "shop", replica=False).name == "shop-1"
    assert pods.serving(found, "shop", replica=True).name == "shop-0"


def test_no_session_with_a_pod_that_is_not_ready() -> None:
    with pytest.raises(Complaint, match=r"no primary that is ready \(shop-0: master, not ready\)"):
        pods.serving([pod("shop-0", "master", ready=False)], "shop", replica=False)


def test_an_unknown_member_is_answered_with_the_known_ones() -> None:
    with pytest.raises(Missing, match="no member shop-7: there is shop-0"):
        pods.named([pod("shop-0", "master")], "shop-7", "shop")


def test_psql_goes_to_the_same_kubernetes_and_takes_the_words_behind_the_dashes() -> None:
    words = command(
        Scope(context="c", namespace="prod"),
        "shop-0",
        user="app",
        database="orders",
        more=["-c", "select 1"],
        tty=False,
    )
    assert words == [
        *("kubectl", "--namespace=prod", "--context=c", "exec", "--stdin"),
        *("--container=postgres", "shop-0", "--"),
        *("psql", "--username=app", "--dbname=orders", "-c", "select 1"),
    ]
