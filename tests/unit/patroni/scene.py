"""A cluster to which things happen between the rounds of a wait."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from activities.configuration import ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube
from activities.patroni.client import PatroniClient
from activities.patroni.steps import PatroniSteps
from tests.unit.patroni.rest import Rest, recorded
from tests.unit.sql_server.world import NAME, NAMESPACE, OPERATOR_NAMESPACE, UID, World
from workflows.model.base import ClusterRef
from workflows.model.orders import MembersOrder

ROUNDS = 40
FIRST, SECOND = "127.0.0.1", "127.0.0.2"
Event = Callable[[], None]


class Scene:
    """A cluster to which something happens after each round of a wait."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.instances = 2
        self.first = Rest(FIRST)
        self.second = Rest(SECOND, self.first.port)
        self.told: list[str] = []
        self._events: Iterator[Event] = iter(())
        world.kube.stored.pop(("Pod", NAMESPACE, f"{NAME}-0"))

    def order(self, seconds: float = 60.0) -> MembersOrder:
        ref = ClusterRef(namespace=NAMESPACE, name=NAME)
        return MembersOrder(ref=ref, uid=UID, instances=self.instances, deadline_seconds=seconds)

    def steps(self, events: Sequence[Event] = ()) -> PatroniSteps:
        self._events = iter(events)
        kube = cast(Kube, self.world.kube)
        settings = ConfigurationSettings(OPERATOR_NAMESPACE, config_map="operator")
        return PatroniSteps(
            kube=kube,
            configuration=ConfigurationSource(kube, settings),
            patroni=PatroniClient(port=self.first.port, seconds=2.0),
            primaries=self.world.primaries,
            teller=lambda ref, uid: self._tell,
            pause=0.0,
        )

    def put(self, *pods: dict[str, Any]) -> Event:
        def event() -> None:
            for one in pods:
                self.world.kube.put(one)

        return event

    def spoil(self, **spec: Any) -> None:
        """Make the manifest invalid, as an API server without our CRD would store it."""
        found = self.world.kube.stored["postgresql", NAMESPACE, NAME]
        self.world.kube.put(found | {"spec": found["spec"] | {"numberOfInstances": "two"} | spec})

    def leads(self) -> None:
        self.first.says("/primary", recorded("patroni-primary"))
        self.first.says("/cluster", recorded("cluster-alone"))

    def shows(self, name: str) -> Event:
        return lambda: self.first.says("/cluster", recorded(f"cluster-{name}"))

    def close(self) -> None:
        self.first.close()
        self.second.close()

    def _tell(self, text: str) -> None:
        """A round has gone by without success."""
        assert len(self.told) < ROUNDS, self.told
        if not self.told or self.told[-1] != text:
            self.told.append(text)
        next(self._events, lambda: None)()
