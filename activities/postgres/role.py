"""A role as it ought to be, wherever the wish for it comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from workflows.model import names
from workflows.model.secrets import SecretRef

LOGIN = "LOGIN"
NOLOGIN = "NOLOGIN"
REPLICATION = "REPLICATION"
SUPERUSER = "SUPERUSER"
LONGEST_NAME = names.LONGEST_IN_POSTGRES
"""Postgres cuts longer names, so that two could become one."""


class Origin(IntEnum):
    """Who wants a role; of two wishes for one name the higher origin wins."""

    UNKNOWN = 0
    MANIFEST = 1
    INFRASTRUCTURE = 2
    TEAMS = 3
    SYSTEM = 4
    PREPARED = 5
    POOLER = 6
    STREAM = 7


@dataclass(frozen=True, kw_only=True)
class Role:
    """What a role must have. It may have more attributes and memberships: none is ever taken."""

    name: str
    origin: Origin
    namespace: str
    """Where its Secret lies, or would lie."""
    flags: tuple[str, ...] = ()
    """Words of CREATE ROLE such as LOGIN or NOCREATEDB, sorted."""
    member_of: tuple[str, ...] = ()
    administered_by: str = ""
    """A role that is made a member of this one, with ADMIN OPTION."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Settings of ALTER ROLE ... SET; empty means that nobody cares, not that none is allowed."""
    secret: SecretRef | None = None
    """Where its password lies; None for roles without a known password."""
    password: str = field(default="", repr=False)
    """Where it is not the Secret that says it: the password that the Secret is to hold."""
    stands_in_for: str = ""
    """The role that this one was made for by a rotation; it has the same settings."""

    @property
    def login(self) -> bool:
        return LOGIN in self.flags

    @property
    def is_system(self) -> bool:
        """Whether the cluster itself works with it; such a role owns no database."""
        return self.origin in (Origin.SYSTEM, Origin.POOLER, Origin.STREAM)

    @property
    def has_secret(self) -> bool:
        return self.secret is not None


def united(roles: Iterable[Role]) -> list[Role]:
    """One role per name, in the order of first mention: higher origin first, then the later."""
    chosen: dict[str, Role] = {}
    for role in roles:
        rival = chosen.get(role.name)
        if rival is None or role.origin >= rival.origin:
            chosen[role.name] = role
    return list(chosen.values())
