"""Who can log in to a cluster: applications, infrastructure and people, as passwords and teams
change.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.field import images, install, teams_api
from tests.field.cluster import SECRET, Client, Cluster
from tests.field.kubectl import Kubectl, Manifest
from tests.field.temporal import Temporal
from tests.field.waiting import until
from tests.scenarios.conftest import Create
from workflows.model.base import ClusterRef

TOKEN = "Token-Of-The-Teams-Api-0815"
ROBOT = "Robots-Password-0815"
WRITTEN = "Written-By-Hand-4711"
TEAMS = "teams-api"


@dataclass
class Office:
    """The Teams API in a pod, and the cluster whose people it tells."""

    cluster: Cluster
    temporal: Temporal

    def members(self, *names: str) -> None:
        """Say who is in the team, and have the operator look."""
        say_members(self.cluster.kubectl, *names)
        self.look()

    def look(self) -> None:
        look_at(self.cluster, self.temporal)

    def until_roles(self, **wanted: str) -> None:
        """Wait for roles: `login`, `no login` or `gone`."""
        until(f"roles {wanted}", lambda: self._roles(*wanted) == wanted)

    def _roles(self, *names: str) -> dict[str, str]:
        listed = ", ".join(f"'{name}'" for name in names)
        printed = self.cluster.superuser(
            f"select rolname, rolcanlogin from pg_roles where rolname in ({listed})"
        )
        logins = {"t": "login", "f": "no login"}
        found = dict(line.split("|") for line in printed.split())
        return {name: logins[found[name]] if name in found else "gone" for name in names}


@pytest.fixture
def office(
    operator: install.Operator, kubectl: Kubectl, create: Create, temporal: Temporal
) -> Iterator[Office]:
    """A cluster, its operator configured for all that the test needs."""
    run_teams_api(kubectl)
    operator.kubectl.apply(
        secret("roles-token", {"read-only-token-type": "Bearer", "read-only-token-secret": TOKEN}),
        secret("roles-infrastructure", {"user1": "robot", "password1": ROBOT}),
    )
    parameters = {
        "enable_teams_api": "true",
        "teams_api_url": f"http://{TEAMS}.{kubectl.namespace}",
        "oauth_token_secret_name": "roles-token",
        "infrastructure_roles_secret_name": "roles-infrastructure",
        "enable_postgres_team_crd": "true",
        "enable_team_member_deprecation": "true",
        "enable_password_rotation": "true",
    }
    with operator.configured(**parameters):
        parameters_of_postgres = {"shared_buffers": "32MB", "log_statement": "all"}
        cluster = create(
            users={"shop": [], "batch": []},
            postgresql={"version": "17", "parameters": parameters_of_postgres},
        )
        cluster.until_running()
        yield Office(cluster, temporal)


def test_everybody_who_is_to_log_in_can_and_nobody_else(office: Office) -> None:
    cluster = office.cluster
    passwords = [TOKEN, ROBOT, WRITTEN, *(password(cluster, role) for role in ("shop", "batch"))]
    assert enters(cluster, "robot", ROBOT)

    people_come_and_go(office)
    passwords += rotated(office)
    passwords += hand_edited(cluster)

    assert in_the_servers_log(cluster, passwords) == ""
    assert in_the_servers_log(cluster, ["SCRAM-SHA-256$"]) == ""
    assert in_the_servers_log(cluster, ["log_statement"]) != "", "it does log statements"


def people_come_and_go(office: Office) -> None:
    office.until_roles(ann="login", bo="login", max="gone")
    more = {"apiVersion": "acid.zalan.do/v1", "kind": "PostgresTeam", "metadata": {"name": "more"}}
    office.cluster.kubectl.apply(more | {"spec": {"additionalMembers": {"acid": ["max"]}}})
    office.look()
    office.until_roles(max="login")
    office.members("ann")
    office.until_roles(ann="login", bo="gone", bo_deleted="no login", max="login")
    office.members("ann", "bo")
    office.until_roles(bo="login", bo_deleted="gone")


def rotated(office: Office) -> list[str]:
    """The login of `batch` is replaced; the former one stays valid."""
    cluster = office.cluster
    former = until_dated(cluster, "batch")["password"]
    write(cluster, "batch", nextRotation=a_minute_ago())
    office.look()
    until("another user in the Secret", lambda: data_of(cluster, "batch")["username"] != "batch")
    present = data_of(cluster, "batch")
    assert enters(cluster, present["username"], present["password"])
    assert enters(cluster, "batch", former)
    return [present["password"]]


def hand_edited(cluster: Cluster) -> list[str]:
    """Passwords that somebody writes into Secrets take effect, the superuser's too."""
    former = password(cluster, "postgres")
    for role in ("shop", "postgres"):
        write(cluster, role, password=WRITTEN)
        until(f"{role} enters", partial(enters, cluster, role, WRITTEN))
    cluster.until_running()
    return [former]


@pytest.mark.full
def test_system_passwords_are_rotated_and_replicas_stream_on(
    create: Create, temporal: Temporal
) -> None:
    roles = ["postgres", "standby"]
    cluster = create(instances=2, usersWithInPlaceSecretRotation=roles)
    cluster.until_running()
    cluster.until_streaming(1)
    pods = {pod["metadata"]["uid"] for pod in cluster.pods()}
    former = {role: until_dated(cluster, role)["password"] for role in roles}
    for role in roles:
        write(cluster, role, nextRotation=a_minute_ago())
    look_at(cluster, temporal)
    for role in roles:
        until(f"another password of {role}", partial(differs, cluster, role, former[role]))

    until("new pods", lambda: not pods & {pod["metadata"]["uid"] for pod in cluster.pods()})
    cluster.until_running()
    cluster.until_streaming(1)
    assert enters(cluster, "postgres", password(cluster, "postgres"))


# ------------------------------------------------------------------------------------ details


def until_dated(cluster: Cluster, role: str) -> dict[str, str]:
    def dated() -> dict[str, str] | None:
        found = data_of(cluster, role)
        return found if found.get("nextRotation") else None

    return until(f"a date for the rotation of {role}", dated)


def a_minute_ago() -> str:
    return f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"


def differs(cluster: Cluster, role: str, former: str) -> bool:
    return password(cluster, role) != former


def look_at(cluster: Cluster, temporal: Temporal) -> None:
    temporal.look_now(ClusterRef(namespace=cluster.kubectl.namespace, name=cluster.name))


def enters(cluster: Cluster, user: str, password: str) -> bool:
    host = f"{cluster.name}.{cluster.kubectl.namespace}"
    printed = Client(cluster.kubectl).psql(
        "select current_user", host=host, user=user, database="postgres", password=password
    )
    return printed.strip() == user


def in_the_servers_log(cluster: Cluster, words: list[str]) -> str:
    """The files that hold one of them; what is looked for goes through the standard input."""
    script = "cat > /tmp/words && grep -rlF -f /tmp/words /home/postgres/pgdata/pgroot/pg_log; :"
    return cluster.kubectl.execute(
        cluster.primary(), "sh", "-c", script, container="postgres", given="\n".join(words) + "\n"
    ).strip()


def data_of(cluster: Cluster, role: str) -> dict[str, str]:
    found = cluster.kubectl.get("secret", SECRET.format(user=role, cluster=cluster.name))
    assert found
    return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def password(cluster: Cluster, role: str) -> str:
    return data_of(cluster, role)["password"]


def write(cluster: Cluster, role: str, **text: str) -> None:
    """As `kubectl edit` does."""
    name = SECRET.format(user=role, cluster=cluster.name)
    cluster.kubectl.patch("secret", name, {"stringData": text})


def secret(name: str, text: Mapping[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": text}


def run_teams_api(kubectl: Kubectl) -> None:
    """The API of the tests in a pod, with two people in the team `acid`."""
    script = Path(teams_api.__file__).read_text()
    labels = {"application": TEAMS}
    container = {
        "name": "api",
        "image": images.name("operator"),
        "command": ["python3", "/app/teams_api.py", "8080", TOKEN],
        "volumeMounts": [{"name": "app", "mountPath": "/app"}],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
    }
    volume = {"name": "app", "configMap": {"name": TEAMS}}
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": TEAMS},
            "data": {"teams_api.py": script},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": TEAMS, "labels": labels},
            "spec": {"containers": [container], "volumes": [volume]},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": TEAMS},
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
        },
    )
    kubectl("wait", f"pod/{TEAMS}", "--for=condition=Ready", "--timeout=60s", within=90)
    say_members(kubectl, "ann", "bo")


def say_members(kubectl: Kubectl, *names: str) -> None:
    script = (
        "import sys, urllib.request as u; u.urlopen(u.Request("
        "'http://127.0.0.1:8080/teams/acid', data=sys.argv[1].encode(), method='PUT'))"
    )
    kubectl.execute(TEAMS, "python3", "-c", script, json.dumps(names))
