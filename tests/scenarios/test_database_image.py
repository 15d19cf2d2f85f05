"""The database image by itself: what an operator relies on, without an operator."""

import json
import signal
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml

from tests.field import images
from tests.field.kubectl import Kubectl, Manifest
from tests.field.platform import Platform
from tests.field.waiting import until

TEMPLATE = Template(Path(__file__).with_name("database_image.yaml").read_text())
CONFIG_MAPS = {"KUBERNETES_USE_CONFIGMAPS": "true"}
NAME = "demo"
ROLES = {"admin", "cron_admin", "robot_zmon", "zalandos", "postgres", "standby"}


class Members:
    """A cluster of pods that only Patroni looks after."""

    def __init__(self, kubectl: Kubectl) -> None:
        self.kubectl = kubectl

    def start(
        self,
        *,
        members: int = 1,
        version: int = 17,
        user: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] = CONFIG_MAPS,
    ) -> None:
        text = TEMPLATE.substitute(
            name=NAME,
            image=images.name("database"),
            version=version,
            members=members,
            user=json.dumps(user or {}),
        )
        manifests = list(yaml.safe_load_all(text))
        container = manifests[-1]["spec"]["template"]["spec"]["containers"][0]
        container["env"] += [{"name": key, "value": environment[key]} for key in environment]
        self.kubectl.apply(*manifests)

    def with_role(self, role: str) -> list[Manifest]:
        pods = self.kubectl.list("pods", selector=f"cluster-name={NAME},spilo-role={role}")
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def leader(self, *, other_than: str = "") -> str:
        """The name of the leader's pod, once there is one."""

        def found() -> str | None:
            names = [str(pod["metadata"]["name"]) for pod in self.with_role("master")]
            return next((name for name in names if name != other_than), None)

        return until("a leader", found, within=120)

    def until_streaming(self, leader: str, members: int) -> None:
        question = "select count(*) from pg_stat_replication where state = 'streaming'"
        until(
            f"{members} streaming members",
            lambda: self.sql(leader, question) == str(members),
            within=120,
        )

    def sql(self, pod: str, statement: str) -> str:
        return self.kubectl.execute(pod, "psql", "-U", "postgres", "-Atc", statement).strip()

    def logs(self, pod: str) -> str:
        return self.kubectl("logs", pod)


@pytest.fixture
def cluster(platform: Platform) -> Iterator[Members]:
    name = f"image-{uuid.uuid4().hex[:6]}"
    platform.kubectl("create", "namespace", name)
    yield Members(platform.kubectl.within(name))
    platform.kubectl.delete("namespace", name)


@pytest.mark.parametrize("version", [14, 15, 16, 17, 18])
def test_every_major_comes_up_with_the_roles_and_functions_of_the_contract(
    cluster: Members, version: int
) -> None:
    cluster.start(version=version)
    leader = cluster.leader()
    assert cluster.sql(leader, "show server_version").split(".")[0] == str(version)
    roles = cluster.sql(leader, "select rolname from pg_roles where rolname !~ '^pg_'")
    assert set(roles.splitlines()) >= ROLES
    functions = "select count(*) from pg_proc where pronamespace = 'user_management'::regnamespace"
    assert int(cluster.sql(leader, functions)) >= 8
    assert cluster.sql(leader, "select count(*) > 0 from public.postgres_log") == "t"
    assert cluster.sql(leader, "show archive_command") == "/bin/true"
    assert cluster.sql(leader, "show ssl") == "on"
    told = [line for line in cluster.logs(leader).splitlines() if "ERROR" in line]
    assert [line for line in told if "Request to server" not in line] == []


def test_what_is_asked_to_stop_in_its_first_moment_does_not_miss_it(cluster: Members) -> None:
    """PostgreSQL minds signals a moment after its start; ignored until then, one would be lost."""
    cluster.start()
    leader = cluster.leader()
    for program in ("runsvdir", "patroni"):
        words = ("sh", "-c", f"grep SigIgn /proc/$(pgrep -of {program})/status")
        mask = int(cluster.kubectl.execute(leader, *words).split()[1], 16)
        ignored = {one for one in signal.Signals if mask >> (one - 1) & 1}
        assert not ignored & {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM}


def test_a_replica_follows_and_takes_over_when_the_leader_goes(cluster: Members) -> None:
    cluster.start(members=2)
    first = cluster.leader()
    cluster.until_streaming(first, 1)
    cluster.sql(first, "create table item as select generate_series(1, 1000) as id")
    cluster.kubectl.delete("pod", first)
    second = cluster.leader(other_than=first)
    until(
        "the new leader accepts writes",
        lambda: cluster.sql(second, "insert into item values (1001)") == "INSERT 0 1",
    )
    cluster.until_streaming(second, 1)
    until(
        "all rows on the member that came back",
        lambda: cluster.sql(first, "select count(*) from item") == "1001",
    )
    assert cluster.sql(first, "select pg_is_in_recovery()") == "t"


def test_data_outlives_a_container_that_is_killed(platform: Platform, cluster: Members) -> None:
    cluster.start()
    leader = cluster.leader()
    cluster.sql(leader, "create table item (id int)")
    pod = cluster.kubectl.get("pod", leader)
    assert pod
    platform.kill(pod)
    until(
        "the table after the kill",
        lambda: cluster.sql(leader, "insert into item values (1)") == "INSERT 0 1",
        within=120,
    )


def test_in_endpoints_mode_the_service_leads_to_the_leader(cluster: Members) -> None:
    cluster.start(environment={})
    leader = cluster.kubectl.get("pod", cluster.leader())
    assert leader

    def address() -> str:
        endpoints = cluster.kubectl.get("endpoints", NAME) or {}
        return str(endpoints["subsets"][0]["addresses"][0]["ip"])

    assert until("the leader's address", address) == leader["status"]["podIP"]


@pytest.mark.parametrize(
    "user",
    [
        {"runAsUser": 101, "runAsGroup": 103, "fsGroup": 103, "runAsNonRoot": True},
        {"runAsUser": 123456, "runAsGroup": 0, "fsGroup": 7777, "runAsNonRoot": True},
    ],
    ids=["postgres", "any-user"],
)
def test_it_needs_no_root(cluster: Members, user: dict[str, Any]) -> None:
    cluster.start(members=2, user=user)
    leader = cluster.leader()
    cluster.until_streaming(leader, 1)
    assert cluster.kubectl.execute(leader, "id", "-u").strip() == str(user["runAsUser"])


def test_a_cluster_that_should_be_a_clone_does_not_come_up_empty(cluster: Members) -> None:
    cluster.start(environment=CONFIG_MAPS | {"CLONE_METHOD": "CLONE_WITH_WALE"})
    until("the refusal", lambda: "CLONE_METHOD is set" in cluster.logs(f"{NAME}-0"))
    assert "initdb" not in cluster.logs(f"{NAME}-0")
    assert cluster.with_role("master") == []
