"""`kubectl pg` against a real API server; a thread answers in the operator's place."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from rich.console import Console

from cli.__main__ import run
from cli.api import Api, Resource, Scope
from cli.desk import Desk
from cli.errors import Unknown
from cli.screen import Screen
from tests.apiserver.installing import manifests
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import postgresql
from tests.apiserver.plane import Plane, free_ports
from tests.field.waiting import until

KIND, RIGHTS = "PostgresOperation", "zalando-postgres-operator:users"


class Said(NamedTuple):
    """What a call of the program gave."""

    code: int
    out: str
    err: str


class Caller:
    """A person at a shell, with the credentials of a kubeconfig."""

    def __init__(self, kubeconfig: Path, kube: Kube, namespace: str) -> None:
        self.kubeconfig, self.kube, self.namespace = kubeconfig, kube, namespace

    def __call__(self, *words: str, terminal: bool = False) -> Said:
        out, err = StringIO(), StringIO()
        screen = Screen(
            out=Console(file=out, force_terminal=terminal, width=150, highlight=False),
            err=Console(file=err, width=150, highlight=False),
        )
        where = ["--kubeconfig", str(self.kubeconfig), "-n", self.namespace]
        return Said(run([*words, *where], screen), out.getvalue(), err.getvalue())

    @property
    def operations(self) -> list[Object]:
        return self.kube.list(KIND, self.namespace)

    def status(self, name: str, **status: Any) -> None:
        self.kube.merge(KIND, self.namespace, name, {"status": status}, "status")

    def record(self, name: str, **status: Any) -> None:
        """An operation of cluster `shop`, in the operator's words."""
        self.kube.create(
            {
                "apiVersion": "acid.zalan.do/v1",
                "kind": KIND,
                "metadata": {"name": name, "namespace": self.namespace},
                "spec": {"cluster": "shop", "kind": "rolling-update"},
            }
        )
        self.status(name, **status)


@pytest.fixture
def caller(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Caller]:
    """An administrator; the namespace has one cluster."""
    kube.create(postgresql(namespace, name="shop"))
    said = {"PostgresClusterStatus": "Running", "membersReady": "2/2", "observedGeneration": 1}
    kube.merge("postgresql", namespace, "shop", {"status": said}, "status")
    yield Caller(apiserver.kubeconfig("admin"), kube, namespace)
    kube.delete("postgresql", namespace, "shop")


@contextmanager
def operator(caller: Caller, answer: Callable[[Object], Object | None]) -> Iterator[None]:
    """Answers each operation once there is something to say to it."""
    end = threading.Event()
    kube = Kube(caller.kubeconfig)

    def work() -> None:
        while not end.wait(0.05):
            for one in kube.list(KIND, caller.namespace):
                said = answer(one)
                if said is not None and said != one.get("status"):
                    name = one["metadata"]["name"]
                    kube.merge(KIND, caller.namespace, name, {"status": said}, "status")
        kube.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def plans_and_succeeds(one: Object) -> Object:
    """To a dry run the plan, to anything else the end."""
    plan = {"why": "asked for", "leader": "shop-0", "primaryMoves": True, "writeGapSeconds": 2.5}
    if one["spec"].get("dryRun"):
        return {"phase": "Planned", "plan": plan}
    return {"phase": "Succeeded", "plan": plan, "percent": 100, "message": "shop-1 leads"}


def test_clusters_are_listed_here_and_everywhere(caller: Caller) -> None:
    here = caller("list")
    assert here.out.splitlines()[1].split()[:3] == ["shop", "Running", "2/2"]
    found = json.loads(caller("list", "-A", "-o", "json").out)
    assert (caller.namespace, "shop") in [(one["namespace"], one["name"]) for one in found]


def test_the_exit_code_of_status_says_whether_all_is_fine(caller: Caller) -> None:
    assert caller("status", "shop").code == 0
    bad = {"conditions": [{"type": "Roles", "status": "False", "reason": "Failed"}]}
    caller.kube.merge("postgresql", caller.namespace, "shop", {"status": bad}, "status")
    assert caller("status", "shop").code == 1


def test_history_has_what_ended_and_status_what_has_not(caller: Caller) -> None:
    caller.record("old", phase="Succeeded", finished="2026-01-31T02:00:00Z", message="2 pods")
    caller.record("now", phase="Running", percent=40, step="renew shop-1")
    history, status = caller("history", "shop").out, caller("status", "shop").out
    assert "old" in history and "now" not in history
    assert "renew shop-1" in status and "old" not in status
    assert [one["name"] for one in json.loads(caller("history", "shop", "-o", "json").out)] == [
        "old"
    ]


def test_what_is_asked_for_is_followed_to_its_end(caller: Caller) -> None:
    with operator(caller, plans_and_succeeds):
        said = caller("switchover", "shop", "--candidate", "shop-1", "--yes")
    assert (said.code, said.out.splitlines()[-1]) == (0, "Succeeded: shop-1 leads")
    [made] = caller.operations
    assert made["spec"] == {"cluster": "shop", "kind": "switchover", "candidate": "shop-1"}
    assert made["metadata"]["name"].startswith("shop-switchover-")


def test_the_exit_code_tells_a_failure(caller: Caller) -> None:
    with operator(caller, lambda _: {"phase": "Failed", "message": "no candidate"}):
        said = caller("restart", "shop", "--yes")
    assert (said.code, said.out.splitlines()[-1]) == (1, "Failed: no candidate")


def test_a_dry_run_shows_the_plan_and_does_nothing(caller: Caller) -> None:
    with operator(caller, plans_and_succeeds):
        said = caller("rolling-update", "shop", "--dry-run")
    assert "primary   moves away from shop-0" in said.out
    assert [one["spec"].get("dryRun") for one in caller.operations] == [True]


def test_a_refusal_is_told_in_the_operators_words(caller: Caller) -> None:
    with operator(caller, lambda _: {"phase": "Refused", "message": "spec.member: no such"}):
        said = caller("reinitialise", "shop", "shop-9", "--dry-run")
    assert (said.code, said.err) == (1, "Refused: spec.member: no such\n")


def test_without_a_terminal_nothing_is_asked_for_unless_yes_is_said(caller: Caller) -> None:
    said = caller("switchover", "shop")
    assert (said.code, said.err) == (
        1,
        "Nobody can be asked here whether to go ahead: say --yes.\n",
    )
    assert caller.operations == []


@pytest.mark.parametrize("wants", [True, False])
def test_a_person_sees_the_plan_before_anything_is_asked_for(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, wants: bool
) -> None:
    seen: list[list[Object]] = []

    def confirm(_: str, *, abort: bool) -> None:
        seen.append(caller.operations)
        if abort and not wants:
            raise SystemExit(1)

    monkeypatch.setattr("typer.confirm", confirm)
    monkeypatch.setattr(Desk, "interactive", True)
    with operator(caller, plans_and_succeeds):
        said = caller("switchover", "shop", terminal=True)
    assert "moves away from shop-0" in said.out
    assert seen == [[]]  # the trial that gave the plan is gone again
    assert len(caller.operations) == (1 if wants else 0)


def test_a_word_ends_once_it_was_heard(caller: Caller) -> None:
    caller.record("roll", phase="Running", percent=40)

    def hears(one: Object) -> Object | None:
        word = one["spec"].get("steering")
        return {"phase": "Paused", "steering": word, "percent": 40} if word else None

    with operator(caller, hears):
        said = caller("pause", "shop")
    assert (said.code, said.out) == (0, "roll is paused at 40 %\n")


def test_a_word_that_nobody_hears_is_no_success(caller: Caller) -> None:
    caller.record("roll", phase="Running", step="renew shop-1")
    said = caller("abort", "roll", "--timeout", "0")
    assert said.code == 1
    assert '"renew shop-1" still runs' in said.err
    assert caller.operations[0]["spec"]["steering"] == "abort"


def test_the_same_word_again_is_news_to_whoever_watches(caller: Caller) -> None:
    caller.record("roll", phase="Running")
    caller("pause", "shop", "--timeout", "0")
    before = caller.operations[0]["metadata"]["generation"]
    caller("pause", "shop", "--timeout", "0")
    after = caller.operations[0]
    assert after["metadata"]["generation"] > before
    assert after["spec"]["steering"] == "pause"


def test_a_rollback_after_the_end_is_told_to_the_cluster(caller: Caller) -> None:
    caller.record("roll", phase="Failed", finished="2026-01-31T02:00:00Z")
    said = caller("rollback", "shop", "--timeout", "0")
    assert (said.code, said.err.split(":")[0]) == (
        1,
        "shop was told to rollback, and has not answered within 0 s",
    )
    found = caller.kube.get("postgresql", caller.namespace, "shop")
    assert found and found["metadata"]["annotations"] == {"matriarch.dev/steering": "rollback"}
    assert caller("rollback", "roll").err == "roll can't rollback: it has ended (Failed).\n"


def test_an_operation_that_is_deleted_meanwhile_is_no_riddle(caller: Caller) -> None:
    seen: list[str] = []

    def deletes(one: Object) -> Object | None:
        seen.append(one["metadata"]["name"])
        caller.kube.delete(KIND, caller.namespace, seen[-1])
        caller.kube.close()  # this thread's connection
        return None

    with operator(caller, deletes):
        said = caller("restart", "shop", "--yes")
    assert (said.code, said.err.splitlines()[-1]) == (
        1,
        f"{seen[0]} was deleted meanwhile: kubectl pg status shows what its cluster does.",
    )


# ------------------------------------------------------------------------------------- rights


@pytest.fixture
def person(apiserver: Plane, caller: Caller, tmp_path: Path) -> Callable[[str], Caller]:
    """Somebody with one of the roles that are installed for people."""
    for role in manifests("operator/user-rights.yaml"):
        caller.kube.apply(role, manager="tests")

    def person(*roles: str) -> Caller:
        kube, namespace, name = caller.kube, caller.namespace, f"person-{len(roles)}"
        meta = {"name": name, "namespace": namespace}
        kube.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
        for role in roles:
            kube.create(
                {
                    "apiVersion": "rbac.authorization.k8s.io/v1",
                    "kind": "RoleBinding",
                    "metadata": {"name": f"{name}-{role}", "namespace": namespace},
                    "roleRef": {
                        "apiGroup": "rbac.authorization.k8s.io",
                        "kind": "ClusterRole",
                        "name": f"{RIGHTS}:{role}",
                    },
                    "subjects": [{"kind": "ServiceAccount", **meta}],
                }
            )
        where = f"api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        token = kube.call("POST", where, {"spec": {"expirationSeconds": 3600}})["status"]["token"]
        config = yaml.safe_load(apiserver.kubeconfig("admin").read_text())
        config["users"][0]["user"] = {"token": token}
        file = tmp_path / f"{name}.kubeconfig"
        file.write_text(yaml.safe_dump(config))
        return Caller(file, kube, namespace)

    return person


def test_who_may_look_only_is_told_which_right_is_lacking(
    person: Callable[..., Caller],
) -> None:
    viewer = person("view")
    until("the role", lambda: viewer("status", "shop").code == 0)
    said = viewer("restart", "shop", "--yes")
    assert said.code == 1
    assert 'right "create" on "postgresoperations.acid.zalan.do"' in said.err


def test_who_may_ask_may_not_approve(person: Callable[..., Caller]) -> None:
    editor = person("view", "edit")
    until("the role", lambda: editor("status", "shop").code == 0)
    assert editor("restart", "shop", "--yes", "--no-wait").code == 0
    said = editor("abort", "shop", "--timeout", "0")
    assert 'right "patch" on "postgresoperations.acid.zalan.do"' in said.err


def test_who_has_no_right_at_all_is_told(person: Callable[..., Caller]) -> None:
    said = person()("list")
    assert 'right "list" on "postgresqls.acid.zalan.do"' in said.err


# ------------------------------------------------------------------------------------- errors


def test_a_cluster_that_is_not_there_is_one_sentence(caller: Caller) -> None:
    for words in (["status", "no"], ["restart", "no", "--yes"], ["psql", "no"], ["history", "no"]):
        said = caller(*words)
        assert said.code == 1
        assert said.err.startswith("There is no cluster no ")
        assert "Traceback" not in said.err


def test_a_kind_that_is_not_installed_is_told(caller: Caller) -> None:
    api = Api.connect(Scope(kubeconfig=str(caller.kubeconfig), namespace=caller.namespace))
    with pytest.raises(Unknown, match="install the definitions"):
        api.list(Resource("apis/acid.zalan.do/v1", "postgresthings", "acid.zalan.do"))
    api.close()


def test_a_server_that_does_not_answer_is_one_sentence(caller: Caller, tmp_path: Path) -> None:
    config = yaml.safe_load(caller.kubeconfig.read_text())
    [port] = free_ports(1)
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    file = tmp_path / "elsewhere"
    file.write_text(yaml.safe_dump(config))
    said = Caller(file, caller.kube, "prod")("list")
    assert said.code == 1
    assert said.err.startswith(f"Kubernetes at https://127.0.0.1:{port} does not answer (")


def test_an_unknown_context_and_a_missing_file_are_one_sentence(caller: Caller) -> None:
    assert "No way to a Kubernetes" in caller("list", "--context", "no").err
    assert "No way to a Kubernetes" in Caller(Path("/no/such"), caller.kube, "prod")("list").err
