"""What a simulated fleet lives in: a real API server with its store and controllers, a real
Temporal, a pretended node that runs no containers, and the operator as a process of its own.

In network and process namespaces of its own, see `tests.apiserver.golden.isolation`.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.apiserver.golden import isolation
from tests.apiserver.golden.fake_node import FakeNode
from tests.apiserver.golden.operator import OURS, Operator, launcher
from tests.apiserver.golden.run import TEMPORAL_PORT, start_temporal
from tests.apiserver.kube import Kube, Object
from tests.apiserver.plane import Plane, free_ports
from workflows import client
from workflows.cluster import Cluster
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock

OPERATOR_NAMESPACE = "postgres-operator"
_SETTINGS = "operator-settings"
_TEMPORAL = f"127.0.0.1:{TEMPORAL_PORT}"


class Surroundings:
    """Up while inside `up`; `home` keeps logs."""

    def __init__(self, home: Path, programs: Path) -> None:
        self.home = home
        self.plane = Plane(home / "plane", binaries=programs)
        self.node = FakeNode(lambda: self.plane.kube("fake-node"))
        [port] = free_ports(1)
        self.operator = Operator(
            kubeconfig=self.plane.kubeconfig("operator"),
            namespace=OPERATOR_NAMESPACE,
            watched="*",
            api_port=port,
            log=home / "operator.log",
            environment={"TEMPORAL_ADDRESS": _TEMPORAL},
            launch=launcher(OURS),
        )
        self._port = port

    @contextmanager
    def up(self) -> Iterator[Kube]:
        """Yields an administrator's client."""
        isolation.prepare(self.home)
        temporal = None
        try:
            self.plane.up()
            temporal = start_temporal(self.home, [])
            self.node.start()
            kube = self.plane.kube()
            self._configure(kube)
            self.operator.start({"CONFIG_MAP_NAME": _SETTINGS})
            yield kube
        finally:
            self.operator.stop()
            self.node.stop()
            if temporal:
                temporal.stop()
            self.plane.down()

    @property
    def process(self) -> Path:
        """The operator's folder in /proc."""
        assert self.operator.process is not None
        return Path("/proc") / str(self.operator.process.pid)

    def look(self, refs: Sequence[ClusterRef]) -> None:
        """Ask all these entities for a look at once."""

        async def knock() -> None:
            connection = await client.connect(address=_TEMPORAL)
            message = Knock(uid="", reason="measured")
            handles = [
                connection.get_workflow_handle_for(Cluster.run, ref.workflow_id) for ref in refs
            ]
            await asyncio.gather(*(handle.signal(Cluster.knock, message) for handle in handles))

        asyncio.run(knock())

    def _configure(self, kube: Kube) -> None:
        """SQL is off: behind the pretended Patroni there is no database."""
        data = {"api_port": str(self._port), "enable_database_access": "false"}
        kube.create(namespace(OPERATOR_NAMESPACE))
        kube.create(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": _SETTINGS, "namespace": OPERATOR_NAMESPACE},
                "data": data,
            }
        )


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
