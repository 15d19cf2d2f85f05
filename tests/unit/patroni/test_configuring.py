"""Writing Patroni's configuration, and restarting what waits for it, against a pretended one."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from activities.configuration import ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube
from activities.patroni import takeover
from activities.patroni.client import PatroniClient
from activities.patroni.restarting import MOST_RESTARTS
from activities.patroni.steps import PatroniSteps
from activities.postgres.connection import Primaries
from activities.vault import Vault
from tests.unit.patroni.fake import ADDRESSES, Patroni, answering
from tests.unit.patroni.pods import pod
from tests.unit.postgres.objects import Objects
from tests.unit.sql_server.world import NAME, NAMESPACE, OPERATOR_NAMESPACE, UID
from workflows.model.base import ClusterRef
from workflows.model.errors import NotYet, Precondition, Unavailable
from workflows.model.names import KIND
from workflows.model.orders import Configured, ConfigureOrder, Restarted, RestartOrder

PRIMARY, REPLICA = f"{NAME}-0", f"{NAME}-1"
REF = ClusterRef(namespace=NAMESPACE, name=NAME)
SLOT = {"type": "physical"}


class Stored(Objects):
    """Also takes what is written into a status."""

    def patch_status(self, kind: str, namespace: str, name: str, body: dict[str, Any]) -> None:
        stored = self.stored[kind, namespace, name]
        stored.setdefault("status", {}).update(body["status"])


class Scene:
    """A cluster whose members answer, and its resource."""

    def __init__(self, patroni: Patroni, port: int) -> None:
        self.patroni = patroni
        self.port = port
        self.kube = Stored()
        self.told: list[str] = []
        self.rounds: Iterator[Callable[[], None]] = iter(())
        """What happens after each round of a wait."""
        place = {"namespace": OPERATOR_NAMESPACE, "name": "operator", "resourceVersion": "1"}
        self.kube.put({"kind": "ConfigMap", "metadata": place, "data": {}})
        for ordinal, address in enumerate(ADDRESSES[: len(patroni.members)]):
            role = "replica" if ordinal else "master"
            self.kube.put(pod(ordinal, role=role, address=address))

    def asks(self, parameters: dict[str, str] | None = None, **spec: Any) -> None:
        """Write the manifest; its slots are remembered already, as they are before any step."""
        base: dict[str, Any] = {
            "teamId": "acid",
            "numberOfInstances": 2,
            "postgresql": {"version": "17", "parameters": parameters or {}},
            "volume": {"size": "1Gi"},
        }
        metadata = {"namespace": NAMESPACE, "name": NAME, "uid": UID}
        before = self.kube.stored.get((KIND, NAMESPACE, NAME), {}).get("status", {})
        slots = {*before.get("slots", []), *spec.get("patroni", {}).get("slots", {})}
        status = {"standby": "", **before, "slots": sorted(slots)}
        resource = {"kind": KIND, "metadata": metadata, "spec": base | spec, "status": status}
        self.kube.put(resource)

    @property
    def status(self) -> dict[str, Any]:
        return dict(self.kube.stored[KIND, NAMESPACE, NAME]["status"])

    @property
    def steps(self) -> PatroniSteps:
        kube = cast(Kube, self.kube)
        settings = ConfigurationSettings(OPERATOR_NAMESPACE, config_map="operator")
        return PatroniSteps(
            kube=kube,
            configuration=ConfigurationSource(kube, settings),
            patroni=PatroniClient(port=self.port, seconds=2.0),
            primaries=Primaries(self.kube, Vault(self.kube)),
            teller=lambda ref, uid: self._tell,
            pause=0.0,
        )

    def configure(self) -> Configured:
        return self.steps.configure(ConfigureOrder(ref=REF, uid=UID))

    def restart(self, *, primary_first: bool = False, seconds: float = 60.0) -> Restarted:
        return self.steps.restart_pending(
            RestartOrder(ref=REF, uid=UID, primary_first=primary_first, deadline_seconds=seconds)
        )

    def converge(self) -> list[str]:
        """Both steps, as an operation runs them; the members restarted."""
        configured = self.configure()
        assert configured.restart
        return self.restart(primary_first=configured.primary_first).restarted

    def _tell(self, text: str) -> None:
        if not self.told or self.told[-1] != text:
            self.told.append(text)
        next(self.rounds, lambda: None)()


@pytest.fixture
def patroni(monkeypatch: pytest.MonkeyPatch) -> Patroni:
    monkeypatch.setattr(takeover, "SETTLE_SECONDS", 0.0)
    return Patroni()


@pytest.fixture
def scene(patroni: Patroni) -> Iterator[Scene]:
    with answering(patroni) as port:
        yield Scene(patroni, port)


# ------------------------------------------------------------------------------- configure


def test_a_configuration_that_is_right_is_not_written(scene: Scene) -> None:
    scene.asks()

    assert scene.configure() == Configured()
    assert scene.patroni.requests == []


def test_what_differs_is_written_once(scene: Scene) -> None:
    scene.asks({"work_mem": "1MB"}, patroni={"ttl": 40})

    first, second = scene.configure(), scene.configure()

    assert first.changed == ["ttl is 30, not 40", "work_mem is not set, not 1MB"]
    assert not first.restart
    assert second == Configured()
    assert scene.patroni.patches == [{"ttl": 40, "postgresql": {"parameters": {"work_mem": "1MB"}}}]


def test_a_member_that_has_not_had_its_round_yet_is_not_taken_at_its_old_word(
    scene: Scene,
) -> None:
    scene.patroni.lagging = {PRIMARY, REPLICA}
    scene.asks(patroni={"ttl": 40})

    assert scene.configure().changed == ["ttl is 30, not 40"]
    assert scene.configure() == Configured()


def test_members_are_waited_for_until_they_have_taken_a_parameter_over(scene: Scene) -> None:
    scene.asks({"max_connections": "200"})
    scene.patroni.lagging = {REPLICA}
    scene.rounds = iter([lambda: None, lambda: scene.patroni.take_over(REPLICA)])

    configured = scene.configure()

    assert scene.told == [f"{REPLICA}: taking over the new configuration"]
    assert (configured.restart, configured.primary_first) == (True, False)


def test_nobody_is_restarted_for_a_change_that_was_taken_back(scene: Scene) -> None:
    scene.asks({"max_connections": "200"})
    scene.configure()
    scene.asks({"max_connections": "100"})
    scene.patroni.lagging = {PRIMARY, REPLICA}
    scene.rounds = iter(
        [
            lambda: scene.patroni.take_over(PRIMARY),
            lambda: scene.patroni.take_over(REPLICA),
        ]
    )

    assert not scene.configure().restart
    assert scene.patroni.restarts == []


def test_an_interrupted_run_tells_again_who_waits_and_in_which_order(scene: Scene) -> None:
    scene.asks({"max_connections": "50"})
    scene.configure()

    again = scene.configure()

    assert again == Configured(restart=True, primary_first=True)


def test_a_slot_is_made_and_removed_and_another_stays(scene: Scene) -> None:
    scene.patroni.config["slots"] = {"by_hand": SLOT}
    scene.asks(patroni={"slots": {"ours": SLOT}})
    scene.configure()
    assert scene.patroni.config["slots"] == {"by_hand": SLOT, "ours": SLOT}

    scene.asks()
    scene.configure()

    assert scene.patroni.config["slots"] == {"by_hand": SLOT}
    assert scene.patroni.patches == [{"slots": {"ours": SLOT}}, {"slots": {"ours": None}}]


def test_a_promotion_is_told_and_written_down(scene: Scene) -> None:
    scene.asks(standby={"standby_host": "a"})
    scene.configure()
    assert scene.patroni.config["standby_cluster"]["host"] == "a"
    assert scene.status["standby"] == "a"

    scene.asks()
    promoted = scene.configure()

    assert promoted.changed == ["it is to be promoted, spec.standby was removed"]
    assert scene.patroni.patches[-1] == {"standby_cluster": None}
    assert scene.status["standby"] == ""
    assert scene.configure() == Configured()


def test_nobody_is_promoted_while_patroni_is_paused(scene: Scene) -> None:
    scene.patroni.config["standby_cluster"] = {"host": "a"}
    scene.patroni.paused = True
    scene.asks(patroni={"ttl": 40})

    assert scene.configure().changed == ["ttl is 30, not 40"]
    assert scene.patroni.patches == [{"ttl": 40}]


def test_what_patroni_does_not_keep_is_not_taken_for_done(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene.patroni, "patch", lambda change: None)
    scene.asks(patroni={"ttl": 40})

    with pytest.raises(Unavailable, match="has not kept what was written: ttl is 30, not 40"):
        scene.configure()


def test_without_a_member_that_answers_it_says_so(scene: Scene) -> None:
    scene.asks()
    scene.port = 1

    with pytest.raises(Unavailable, match=f"the configuration of {NAME} can't be read"):
        scene.configure()


def test_a_resource_that_was_created_anew_is_left_alone(scene: Scene) -> None:
    scene.asks(patroni={"ttl": 40})

    with pytest.raises(Precondition, match="created anew"):
        scene.steps.configure(ConfigureOrder(ref=REF, uid="another"))
    assert scene.patroni.requests == []


# --------------------------------------------------------------------------------- restart


def test_replicas_are_restarted_before_the_primary(scene: Scene) -> None:
    scene.asks({"max_connections": "200"})

    assert scene.converge() == [REPLICA, PRIMARY]
    assert scene.configure() == Configured()


def test_limits_that_go_down_are_lowered_on_the_primary_first(scene: Scene) -> None:
    scene.asks({"max_connections": "50"})

    assert scene.converge() == [PRIMARY, REPLICA]
    assert scene.configure() == Configured()


def test_a_mixed_change_ends_with_nobody_waiting(scene: Scene) -> None:
    scene.asks({"max_connections": "50", "max_wal_senders": "20"})

    assert scene.converge() == [REPLICA, PRIMARY, REPLICA]
    assert scene.configure() == Configured()


@pytest.mark.parametrize(
    ("parameters", "order"),
    [
        ({"max_connections": "50"}, [PRIMARY, REPLICA]),
        ({"max_connections": "50", "wal_level": "logical"}, [REPLICA, PRIMARY, REPLICA]),
    ],
)
def test_an_older_patroni_that_gives_no_reason_is_restarted_by_what_was_written(
    scene: Scene, parameters: dict[str, str], order: list[str]
) -> None:
    scene.patroni.reasons = False
    scene.asks(parameters)

    assert scene.converge() == order


def test_nobody_is_restarted_for_what_was_changed_by_hand(scene: Scene) -> None:
    scene.patroni.patch({"postgresql": {"parameters": {"max_connections": "50"}}})
    scene.asks()

    assert scene.configure() == Configured()
    assert scene.restart() == Restarted()


def test_a_second_run_restarts_nobody(scene: Scene) -> None:
    scene.asks({"max_connections": "200"})
    scene.converge()

    assert scene.restart() == Restarted()
    assert scene.patroni.restarts == [REPLICA, PRIMARY]


def test_roles_are_those_of_the_moment(scene: Scene) -> None:
    scene.asks({"max_connections": "200"})
    scene.configure()
    scene.patroni.lead(REPLICA)

    assert scene.restart().restarted == [PRIMARY, REPLICA]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("creating replica", "copying the base backup"),
        ("starting", "Postgres is starting"),
    ],
)
def test_a_member_in_another_state_is_waited_for(scene: Scene, state: str, said: str) -> None:
    scene.asks({"max_connections": "200"})
    scene.configure()
    scene.patroni.states[REPLICA] = state
    scene.rounds = iter([lambda: scene.patroni.states.update({REPLICA: "running"})])

    assert scene.restart().restarted == [REPLICA, PRIMARY]
    assert scene.told[0] == f"{REPLICA}: {said}"


def test_a_replica_that_does_not_start_saves_the_primary(scene: Scene) -> None:
    scene.asks({"max_connections": "100000"})
    scene.configure()
    scene.patroni.refuses = {REPLICA}

    cause = r"\(max_connections 100 -> 100000\)"
    with pytest.raises(NotYet, match=f"{REPLICA}: Postgres does not start {cause}"):
        scene.restart(seconds=0.3)
    assert scene.patroni.restarts == [REPLICA]


def test_a_member_that_restarts_do_not_help_is_given_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene.patroni, "restart", lambda pod: (200, "restarted successfully"))
    scene.asks({"max_connections": "200"})
    scene.configure()

    with pytest.raises(NotYet, match=f"although it was restarted {MOST_RESTARTS} times"):
        scene.restart()


def test_a_paused_patroni_is_not_waited_for(scene: Scene) -> None:
    scene.asks({"max_connections": "200"})
    scene.configure()
    scene.patroni.paused = True

    assert scene.restart() == Restarted(held="Patroni is paused")
    assert scene.configure() == Configured()


def test_a_member_that_is_not_there_holds_nobody_back(scene: Scene) -> None:
    scene.asks({"max_connections": "200"})
    scene.configure()
    scene.patroni.members[REPLICA] = "127.0.0.9"

    assert scene.restart().restarted == [PRIMARY]
