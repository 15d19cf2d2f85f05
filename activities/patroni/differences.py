"""Patroni's dynamic configuration: what the manifest asks of it, and how the live one differs.

Pure. What was never in the manifest, or has left it, stays as it is; only slots are removed, and
of them only those that the resource's status remembers as the manifest's. `pg_hba` is no part of
it: Patroni reads that from the environment of each pod.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from activities.manifests import event_stream
from activities.manifests.spilo_configuration import dcs_parameters, single_precision
from activities.patroni.meaning import flag, number, same, text
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

Json = dict[str, Any]

LOWERED_ON_THE_PRIMARY_FIRST: Final = frozenset(
    {
        "max_connections",
        "max_prepared_transactions",
        "max_locks_per_transaction",
        "max_worker_processes",
        "max_wal_senders",
    }
)
"""A standby may not have less of these than its primary, so the primary goes down first."""


@dataclass(frozen=True)
class Wanted:
    """What the dynamic configuration has to say; everything else in it is left alone."""

    numbers: Mapping[str, int]
    switches: Mapping[str, bool]
    parameters: Mapping[str, str]
    slots: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Changes:
    """A PATCH of `/config`, and what it is for, one sentence each."""

    body: Json = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    primary_first: bool = False
    """Nothing but parameters that the primary has to lower first."""

    @property
    def parameters(self) -> bool:
        """Whether Postgres is concerned, which may have to be restarted then."""
        return "postgresql" in self.body


def wanted(cluster: Postgresql, configuration: Configuration) -> Wanted:
    """Numbers only where the manifest has one; switches always, so none is left set by hand."""
    patroni = cluster.spec.patroni
    numbers = {
        "ttl": patroni.ttl,
        "loop_wait": patroni.loop_wait,
        "retry_timeout": patroni.retry_timeout,
        "maximum_lag_on_failover": patroni.maximum_lag_on_failover,
    }
    failsafe = patroni.failsafe_mode
    if failsafe is None:
        failsafe = configuration.enable_patroni_failsafe_mode
    return Wanted(
        numbers={name: value for name, value in numbers.items() if value and value > 0}
        | {"synchronous_node_count": patroni.synchronous_node_count or 0},
        switches={
            "synchronous_mode": patroni.synchronous_mode,
            "synchronous_mode_strict": patroni.synchronous_mode_strict,
            "failsafe_mode": bool(failsafe),
        },
        parameters=parameters(cluster),
        slots={**patroni.slots, **event_stream.slots(cluster)},
    )


def parameters(cluster: Postgresql) -> dict[str, str]:
    """Postgres parameters that are the same at all members; event streams need logical decoding."""
    asked = dcs_parameters(cluster.spec.postgresql.parameters)
    return asked | {"wal_level": "logical"} if cluster.spec.streams else asked


def changes(wanted: Wanted, live: Mapping[str, Any], *, remembered: Collection[str]) -> Changes:
    """What to write; `remembered` are the slots that once were the manifest's.

    A slot that is not remembered yet is not made: should it leave the manifest while nobody
    watches, it would stay for ever, and hold back WAL until the disk is full.
    """
    body: Json = {}
    sentences: list[str] = []
    for part in (
        _numbers(wanted.numbers, live),
        _switches(wanted.switches, live),
        _slots(wanted.slots, _mapping(live.get("slots")), remembered),
    ):
        for key, value, sentence in part:
            _put(body, key, value)
            sentences.append(sentence)
    present = _mapping(_mapping(live.get("postgresql")).get("parameters"))
    altered = dict(_parameters(wanted.parameters, present))
    if altered:
        body["postgresql"] = {"parameters": altered}
        sentences += [_differs(name, present.get(name), altered[name]) for name in altered]
    lowered = all(is_lowered(name, present.get(name), altered[name]) for name in altered)
    return Changes(body, tuple(sentences), primary_first=list(body) == ["postgresql"] and lowered)


Part = Iterator[tuple[tuple[str, ...], Any, str]]


def _numbers(wanted: Mapping[str, int], live: Mapping[str, Any]) -> Part:
    """A new cluster gets numbers through a 32-bit float, and that is near enough."""
    for name, value in wanted.items():
        if number(live.get(name, 0)) not in (value, single_precision(value)):
            yield (name,), value, _differs(name, live.get(name), value)


def _switches(wanted: Mapping[str, bool], live: Mapping[str, Any]) -> Part:
    for name, value in wanted.items():
        if flag(live.get(name)) is not value:
            yield (name,), value, _differs(name, live.get(name), value)


def _parameters(wanted: Mapping[str, str], live: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in wanted.items():
        if live.get(name) is None or not same(name, value, live[name]):
            yield name, value


def _slots(
    wanted: Mapping[str, Mapping[str, str]],
    live: Mapping[str, Any],
    remembered: Collection[str],
) -> Part:
    for name in sorted(live.keys() & remembered - wanted.keys()):
        yield ("slots", name), None, f"slot {name} is to be removed"
    for name, slot in wanted.items():
        present = live.get(name)
        if name not in remembered or _same_slot(slot, present):
            continue
        surplus = {key: None for key in _mapping(present) if key not in slot}
        what = "missing" if present is None else "different"
        yield ("slots", name), {**slot, **surplus}, f"slot {name} is {what}"


def _same_slot(wanted: Mapping[str, str], live: Any) -> bool:
    return isinstance(live, Mapping) and {key: text(live[key]) for key in live} == wanted


def _put(body: Json, path: tuple[str, ...], value: Any) -> None:
    *above, last = path
    for key in above:
        body = body.setdefault(key, {})
    body[last] = value


def _differs(name: str, live: Any, value: Any) -> str:
    return f"{name} is {'not set' if live is None else text(live)}, not {text(value)}"


def is_lowered(name: str, live: Any, value: Any) -> bool:
    """Whether it is one of the primary's limits, and going down."""
    before, after = number(live), number(value)
    return (
        name in LOWERED_ON_THE_PRIMARY_FIRST
        and before is not None
        and after is not None
        and after < before
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
