"""`make demo`: everything up, a cluster created before your eyes, and where to look next."""

import argparse
import time
from pathlib import Path
from typing import Any

from tests.field import install
from tests.field.cluster import Cluster
from tests.field.platform import ROOT, Platform
from tests.field.waiting import until

EXAMPLE = "deploy/examples/minimal.yaml"
NAME = "acid-minimal-cluster"
APPLICATION = {"user": "zalando", "db": "foo"}

CLOSING = """
The cluster runs. Look around:

  {setup}
  kubectl get postgresql                      members and operation at one look
  kubectl describe postgresql {name}
  kubectl get pods -L spilo-role

psql as the application user; the first command shows the password that the second asks for:
  kubectl get secret zalando.{name}.credentials.postgresql.acid.zalan.do \\
    -o jsonpath='{{.data.password}}' | base64 -d
  kubectl exec -it {pod} -c postgres -- psql -h {name} -U zalando foo

Temporal's Web UI: {ui}
  open workflow  {workflow}
  its child      {workflow}/op/1-create   (Timeline; User Metadata has the table of steps)

Try next:
  kubectl delete pod {pod}                    watch the replica take over
  kubectl edit postgresql {name}              add a user and a database
  kubectl delete postgresql {name}
{end}"""


class Clock:
    """Prints lines with the seconds since the start."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.start:5.1f} s] {text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platform", choices=("local", "current"), default="local")
    chosen = parser.parse_args().platform
    clock = Clock()
    platform = Platform.local() if chosen == "local" else Platform.current()
    platform.up()
    clock.say("platform is up")
    install.operator(platform)
    clock.say("operator is ready")
    cluster = Cluster(platform.kubectl, NAME)
    platform.kubectl("apply", "-f", str(ROOT / EXAMPLE))
    clock.say(f"applied {EXAMPLE}")
    watch(cluster, clock)
    use(cluster, clock)
    print(closing(platform, cluster))


def watch(cluster: Cluster, clock: Clock) -> None:
    """Show each new sentence of the status until the cluster runs."""
    last = ""

    def running() -> bool:
        nonlocal last
        status = cluster.status
        line = progress(status)
        if line != last:
            clock.say(line)
            last = line
        return status.get("PostgresClusterStatus") == "Running"

    until("the cluster to run", running, within=300, every=0.3)


def progress(status: Any) -> str:
    """One line: word, members, step with percentage, what it waits for."""
    operation = status.get("operation") or {}
    parts = [status.get("PostgresClusterStatus", "seen by nobody yet")]
    parts += [f"{status['membersReady']} members"] if status.get("membersReady") else []
    if operation.get("step"):
        parts.append(f"{operation['step']} ({operation.get('percent', 0)} %)")
    parts += [str(operation["waitingFor"])] if operation.get("waitingFor") else []
    return " · ".join(parts)


def use(cluster: Cluster, clock: Clock) -> None:
    """Write and read as an application does: through the services, over TLS."""
    cluster.login("create table if not exists greeting (said text)", **APPLICATION)
    cluster.login("insert into greeting values ('hello')", **APPLICATION)
    clock.say("wrote a row through the primary's service as user zalando")
    rows = cluster.login("select count(*) from greeting", **APPLICATION).strip()
    clock.say(f"read {rows} row(s) back through the primary's service")
    replica = f"{cluster.name}-repl.{cluster.kubectl.namespace}"
    until(
        "the row on the replica",
        lambda: (
            cluster.login("select count(*) from greeting", host=replica, **APPLICATION).strip()
            == rows
        ),
    )
    clock.say("read the same from the replica")


def closing(platform: Platform, cluster: Cluster) -> str:
    """What to look at now, with addresses that work from this machine."""
    environment = platform.environment
    local = platform.kind == "local"
    kubectl = Path(platform.kubectl.program).parent
    forward = "kubectl -n temporal port-forward service/temporal-ui 8080, then localhost:8080"
    return CLOSING.format(
        setup=f"export KUBECONFIG={environment['KUBECONFIG']} PATH={kubectl}:$PATH"
        if local
        else "",
        name=cluster.name,
        pod=cluster.primary(),
        ui=environment.get("TEMPORAL_UI", forward),
        workflow=f"{cluster.kubectl.namespace}/{cluster.name}",
        end="\nEverything down again, nothing left: make platform-down\n" if local else "",
    )


if __name__ == "__main__":
    main()
