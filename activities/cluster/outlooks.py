"""What a look needs from those who look at Patroni and at the database."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from activities.vault import ReadsObjects
from workflows.model.configuration import Configuration
from workflows.model.members import MemberSeen
from workflows.model.observation import PatroniSeen
from workflows.model.postgresql import Postgresql


class SqlOutlook(Protocol):
    """What SQL is pending, and what is refused; see `activities.postgres.drift.Outlook`."""

    @property
    def pending(self) -> Sequence[str]: ...

    @property
    def refused(self) -> Sequence[tuple[str, str]]: ...

    @property
    def published(self) -> Sequence[str]: ...


class LooksAtSql(Protocol):
    """The look at roles and databases; see `activities.postgres.drift.SqlDrift.look`."""

    def __call__(
        self,
        *,
        cluster: Postgresql,
        configuration: Configuration,
        hosts: Sequence[str],
        secrets: ReadsObjects,
    ) -> SqlOutlook: ...


class PatroniOutlook(Protocol):
    """What Patroni shows; see `activities.patroni.drift.PatroniOutlook`."""

    @property
    def members(self) -> Sequence[MemberSeen]: ...

    @property
    def seen(self) -> PatroniSeen: ...

    @property
    def concerns(self) -> Sequence[str]: ...

    @property
    def silent(self) -> Mapping[str, str]: ...


class LooksAtPatroni(Protocol):
    """The look at members and configuration; see `activities.patroni.drift.PatroniDrift.look`."""

    def __call__(
        self,
        *,
        addresses: Sequence[str],
        cluster: Postgresql | None,
        configuration: Configuration,
        status: Mapping[str, Any],
        published: Collection[str],
    ) -> PatroniOutlook: ...
