"""The harness itself: what it calls equal, and what it hides."""

import struct
from typing import Any

import pytest

from tests.apiserver.golden import fake_dns
from tests.apiserver.golden.case import Case, cases
from tests.apiserver.golden.compare import ABSENT, Accepted, Difference, compare, unaccepted
from tests.apiserver.golden.fake_patroni import Cluster
from tests.apiserver.golden.normal import Normal


def capture(*stages: dict[str, Any]) -> dict[str, Any]:
    return {"case": "c", "stages": [{"stage": str(n), **s} for n, s in enumerate(stages)]}


def found(golden: dict[str, Any], ours: dict[str, Any]) -> list[tuple[str, str, Any, Any]]:
    return [(d.object, d.path, d.golden, d.ours) for d in compare(golden, ours)]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_golden_capture_equals_itself(case: Case) -> None:
    assert list(compare(case.golden(), case.golden())) == []


def test_missing_and_extra_objects_are_told() -> None:
    golden, ours = capture({"objects": {"A": {}}}), capture({"objects": {"B": {}}})
    assert found(golden, ours) == [
        ("A", "(object)", "present", ABSENT),
        ("B", "(object)", ABSENT, "present"),
    ]


def test_items_of_a_list_are_matched_by_name_and_their_order_counts() -> None:
    golden = capture({"objects": {"A": {"env": [{"name": "X", "value": 1}, {"name": "Y"}]}}})
    ours = capture({"objects": {"A": {"env": [{"name": "Y"}, {"name": "X", "value": 2}]}}})
    assert found(golden, ours) == [
        ("A", "env[X].value", 1, 2),
        ("A", "env[] (order)", ["X", "Y"], ["Y", "X"]),
    ]


def test_an_old_difference_is_not_told_again() -> None:
    first = {"objects": {"A": {"v": 1}, "B": {"v": 1}}}
    golden = capture(first, {"objects": {}}, {"objects": {"B": {"v": 2}}})
    ours = capture({"objects": {"A": {"v": 9}, "B": {"v": 1}}}, {"objects": {}}, {"objects": {}})
    assert found(golden, ours) == [("A", "v", 1, 9), ("B", "v", 2, 1)]


def test_a_difference_can_be_accepted_for_a_reason() -> None:
    difference = Difference("create", "Service/ns/a", "spec.type", 1, 2)
    accepted = Accepted("c*", "create", "Service/*", "spec.*", why="wanted")
    assert unaccepted("case", iter([difference]), [accepted]) == []
    assert unaccepted("other", iter([difference]), [accepted]) == [difference]


def test_an_accepted_difference_may_say_what_ours_has_to_be() -> None:
    accepted = Accepted("c", "restart", "(patroni)", "", why="nothing to do", ours=None)
    quiet, noisy = (Difference("restart", "(patroni)", "", {}, ours) for ours in (None, {"a": 1}))
    assert unaccepted("c", iter([quiet, noisy]), [accepted]) == [noisy]


def secret(**data: str) -> dict[str, Any]:
    meta = {"name": "s", "namespace": "n", "uid": "u-1", "resourceVersion": "7"}
    return {"kind": "Secret", "metadata": meta, "type": "Opaque", "data": data}


def test_random_passwords_are_hidden_and_chosen_ones_are_not() -> None:
    normal = Normal("")
    assert normal(secret(password="YWJj"))["data"] == {"password": "abc"}
    hidden = normal(secret(password="YWFh" * 21 + "YQ=="))["data"]  # 64 letters
    assert hidden == {"password": "<password:64>"}


def test_uids_are_replaced_by_what_they_stand_for() -> None:
    normal = Normal("")
    normal.learn({"kind": "postgresql", "metadata": {"name": "pg", "uid": "1-2"}})
    env = [{"name": "SUFFIX", "value": "/1-2"}]
    obj = {"kind": "Other", "metadata": {"name": "o", "namespace": "n"}, "env": env}
    assert normal(obj)["env"] == [{"name": "SUFFIX", "value": "/<uid:postgresql/pg>"}]


def test_a_node_port_is_shown_only_when_it_was_asked_for() -> None:
    ports = [{"port": 1, "nodePort": 30001}, {"port": 2, "nodePort": 30002}]
    obj = {"kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}}
    shown = [port["nodePort"] for port in Normal("nodePort: 30002")(obj)["spec"]["ports"]]
    assert shown == ["<allocated>", 30002]


def test_the_fake_patroni_merges_a_patch_and_asks_for_restarts() -> None:
    cluster = Cluster("n", "c", {})
    cluster.members = {"c-0": "198.18.0.1"}
    cluster.patch({"ttl": None, "postgresql": {"parameters": {"work_mem": "1MB"}}})
    assert "ttl" not in cluster.config
    assert cluster.pending == set()
    cluster.patch({"postgresql": {"parameters": {"max_connections": "7"}}})
    assert cluster.config["postgresql"]["parameters"]["work_mem"] == "1MB"
    assert cluster.pending == {"c-0"}


def query(name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34" + struct.pack(">HHHHH", 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("c.n.svc.cluster.local", b"\xc6\x12\0\1"),
        ("c-pooler-repl.n.svc.cluster.local", b"\xc6\x12\0\1"),
        ("d.n.svc.cluster.local", None),
        ("example.org", None),
    ],
)
def test_dns_knows_services_of_clusters_only(name: str, address: bytes | None) -> None:
    known = {("n", "c"): "198.18.0.1"}
    answer = fake_dns.reply(query(name), lambda namespace, c: known.get((namespace, c)))
    assert answer[:2] == b"\x12\x34"
    assert answer.endswith(address) if address else answer[3] & 0xF == 3
