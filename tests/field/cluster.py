"""One Postgres cluster as its user sees it: a manifest, a status, pods, and psql."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.field import images
from tests.field.kubectl import Kubectl, Manifest, conditions
from tests.field.waiting import until

FINISHED = ("Succeeded", "Failed", "Aborted", "RolledBack", "Superseded", "Refused", "Planned")
"""Phases of a PostgresOperation that has ended."""
SECRET = "{user}.{cluster}.credentials.postgresql.acid.zalan.do"


def manifest(name: str, *, instances: int = 1, **spec: Any) -> Manifest:
    """A small `postgresql` resource with one application user and one database."""
    return {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "postgresql",
        "metadata": {"name": name},
        "spec": {
            "teamId": "acid",
            "numberOfInstances": instances,
            "postgresql": {"version": "17", "parameters": {"shared_buffers": "32MB"}},
            "volume": {"size": "1Gi"},
            "users": {"shop": []},
            "databases": {"orders": "shop"},
            "resources": {
                "requests": {"cpu": "10m", "memory": "100Mi"},
                "limits": {"cpu": "2", "memory": "500Mi"},
            },
        }
        | spec,
    }


@dataclass
class Cluster:
    """Handles of a cluster in one namespace."""

    kubectl: Kubectl
    name: str
    selector: str = field(init=False)

    def __post_init__(self) -> None:
        self.selector = f"cluster-name={self.name},application=spilo"

    def resource(self) -> Manifest:
        found = self.kubectl.get("postgresql", self.name)
        assert found, f"postgresql {self.name} is not there"
        return found

    @property
    def status(self) -> Mapping[str, Any]:
        status: Mapping[str, Any] = self.resource().get("status", {})
        return status

    @property
    def word(self) -> str:
        return str(self.status.get("PostgresClusterStatus", ""))

    @property
    def waits_for(self) -> str:
        """What the running operation waits for, or nothing."""
        return str(self.status.get("operation", {}).get("waitingFor") or "")

    def conditions(self) -> dict[str, Mapping[str, Any]]:
        return conditions(self.resource())

    def pods(self, role: str = "") -> list[Manifest]:
        selector = f"{self.selector},spilo-role={role}" if role else self.selector
        found = self.kubectl.list("pods", selector=selector)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def uids(self) -> dict[str, str]:
        """Of the pods by name: which of them were made anew shows in these."""
        return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in self.pods()}

    def request(self, name: str, **spec: str) -> None:
        """Create a PostgresOperation: ask for one on this cluster."""
        self.kubectl.apply(
            {
                "apiVersion": "acid.zalan.do/v1",
                "kind": "PostgresOperation",
                "metadata": {"name": name},
                "spec": {"cluster": self.name, **spec},
            }
        )

    def answer(self, name: str) -> Mapping[str, Any]:
        """The status of a PostgresOperation; empty before it has one."""
        found = self.kubectl.get("postgresoperation", name) or {}
        status: Mapping[str, Any] = found.get("status", {})
        return status

    def operate(self, name: str, **spec: str) -> Mapping[str, Any]:
        """Ask for one, and wait for its end: its status then."""
        self.request(name, **spec)
        until(f"{name} has ended", lambda: self.answer(name).get("phase") in FINISHED, within=120)
        return self.answer(name)

    def primary(self) -> str:
        return str(until("a primary", lambda: self.pods("master"))[0]["metadata"]["name"])

    def replica(self) -> str:
        return str(until("a replica", lambda: self.pods("replica"))[0]["metadata"]["name"])

    def until_running(self, *, within: float = 240.0) -> None:
        """Wait for the status word Running on the newest generation."""

        def running() -> bool:
            resource = self.resource()
            status = resource.get("status", {})
            newest = status.get("observedGeneration") == resource["metadata"]["generation"]
            return bool(newest and status.get("PostgresClusterStatus") == "Running")

        until(f"{self.name} Running", running, within=within)

    def until_streaming(self, replicas: int, *, within: float = 180.0) -> None:
        """Wait until the primary sees that many replicas streaming."""
        query = "select count(*) from pg_stat_replication where state = 'streaming'"
        until(
            f"{replicas} replicas of {self.name} streaming",
            lambda: self.superuser(query).strip() == str(replicas),
            within=within,
        )

    def superuser(self, query: str, *, pod: str = "", database: str = "postgres") -> str:
        """Ask a member (the primary by default) as superuser, inside its pod."""
        words = ["psql", "-U", "postgres", "-d", database, "-XAtq", "-c", query]
        return self.kubectl.execute(pod or self.primary(), *words, container="postgres")

    def password(self, user: str) -> str:
        name = SECRET.format(user=user.replace("_", "-"), cluster=self.name)
        secret = self.kubectl.get("secret", name)
        assert secret, f"secret {name} is not there"
        return base64.b64decode(secret["data"]["password"]).decode()

    def login(
        self, query: str, *, host: str = "", user: str = "shop", db: str = "orders", more: str = ""
    ) -> str:
        """Ask as an application does: from another pod, over TLS, with the Secret's password."""
        return Client(self.kubectl).psql(
            query,
            host=host or f"{self.name}.{self.kubectl.namespace}",
            user=user,
            database=db,
            password=self.password(user),
            more=more,
        )

    def event_reasons(self) -> set[str]:
        found = self.kubectl.list("events")
        return {
            str(event["reason"])
            for event in found
            if event["involvedObject"].get("name") == self.name
            and event["involvedObject"].get("kind") == "postgresql"
        }


class Client:
    """A pod with psql. It gets the password through its standard input, never as an argument."""

    POD = "psql"
    SCRIPT = 'read -r PGPASSWORD; export PGPASSWORD; exec psql "$0" -XAtq -c "$1"'

    def __init__(self, kubectl: Kubectl) -> None:
        self.kubectl = kubectl

    def psql(
        self, query: str, *, host: str, user: str, database: str, password: str, more: str = ""
    ) -> str:
        """`more` parameters of the connection override the usual ones."""
        self.start()
        target = f"host={host} user={user} dbname={database} sslmode=require connect_timeout=15"
        target = f"{target} {more}"
        words = ["sh", "-c", self.SCRIPT, target, query]
        return self.kubectl.execute(self.POD, *words, given=f"{password}\n")

    def start(self) -> None:
        """Make the pod when it is not there, and wait until it runs."""
        if self.kubectl.get("pod", self.POD) is None:
            self.kubectl.apply(client_pod(self.POD, image=images.name("database")))
            ready = ("wait", f"pod/{self.POD}", "--for=condition=Ready", "--timeout=60s")
            self.kubectl(*ready, within=90)


def client_pod(name: str, *, image: str) -> Manifest:
    """A pod that only waits for commands, as the database image's own user."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"application": "client"}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "psql",
                    "image": image,
                    "command": ["sleep", "infinity"],
                    "securityContext": {"runAsUser": 101, "runAsGroup": 103},
                }
            ],
        },
    }


def patroni_members(cluster: Cluster) -> list[Mapping[str, Any]]:
    """Members by Patroni's own account."""
    found: list[Mapping[str, Any]] = patroni_cluster(cluster)["members"]
    return found


def patroni_cluster(cluster: Cluster) -> Mapping[str, Any]:
    """What Patroni says of the cluster, asked inside the primary's pod."""
    script = (
        "import urllib.request as u; "
        "print(u.urlopen('http://localhost:8008/cluster', timeout=5).read().decode())"
    )
    printed = cluster.kubectl.execute(
        cluster.primary(), "python3", "-c", script, container="postgres"
    )
    found: Mapping[str, Any] = json.loads(printed)
    return found
