"""What the Secrets of wanted roles say: the login that applications use, and when it is renewed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from activities.manifests.metadata import selector_labels
from activities.postgres.role import LOGIN, Origin, Role
from activities.vault import Contents, Vault
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

_DATE = r"\d{6}"


@dataclass(frozen=True)
class Login:
    """A role with what its Secret holds."""

    role: Role
    password: str = field(repr=False)
    contents: Contents
    user: str
    """The role itself, or after a rotation the dated user that stands in for it."""

    @property
    def next_rotation(self) -> str:
        """As it is written; empty when nothing is."""
        return self.contents.text("nextRotation")

    @property
    def was_rotated(self) -> bool:
        """Whether there may be dated users: the key stays, whatever becomes of the rotation."""
        return "nextRotation" in self.contents

    @property
    def stand_in(self) -> Role | None:
        """The dated user, which has to exist as long as the Secret names it."""
        return None if self.user == self.role.name else stand_in(self.role, self.user)


@dataclass(frozen=True)
class Passwords:
    """What is known, and a sentence for each role whose Secret can't be used."""

    logins: Sequence[Login]
    known: Mapping[str, str] = field(repr=False)
    """Password of each user that the server is to have, dated ones included."""
    missing: Mapping[str, str]

    def usable(self, wanted: Sequence[Role]) -> list[Role]:
        """Without the roles whose password ought to be known and isn't: they have to wait."""
        return [role for role in wanted if role.name not in self.missing]


def stand_in(role: Role, user: str) -> Role:
    """The user who has all that `role` has, by being its member."""
    return Role(
        name=user,
        origin=role.origin,
        namespace=role.namespace,
        flags=(LOGIN,),
        member_of=(role.name,),
        parameters=role.parameters,
        stands_in_for=role.name,
    )


def date_of(user: str, role: str) -> str | None:
    """The date in the name of a user that may stand in for `role`, as YYMMDD."""
    date = user.removeprefix(role)
    return date if user.startswith(role) and re.fullmatch(_DATE, date) else None


def gather(
    wanted: Sequence[Role], *, vault: Vault, cluster: Postgresql, configuration: Configuration
) -> Passwords:
    """Read the Secrets afresh, most of them in one request."""
    refs = {role.name: role.secret for role in wanted if role.secret is not None}
    opened = vault.open_all(
        refs.values(),
        namespace=cluster.metadata.namespace,
        labels=selector_labels(cluster, configuration),
    )
    logins = [
        login
        for role in wanted
        if role.secret in opened and (login := _login(role, opened[role.secret]))
    ]
    known = {login.user: login.password for login in logins}
    known |= {role.name: role.password for role in wanted if role.password}
    answered = {login.role.name for login in logins} | known.keys()
    missing = {
        name: f"role {name} has to wait: its Secret {ref.namespace}/{ref.name} has no {ref.key}"
        for name, ref in refs.items()
        if name not in answered
    }
    return Passwords(logins, known, missing)


def _login(role: Role, contents: Contents) -> Login | None:
    assert role.secret is not None
    password = contents.secret(role.secret.key)
    user = contents.text("username")
    dated = may_be_stood_in_for(role) and date_of(user, role.name)
    found = Login(role, password, contents, user if dated else role.name)
    return found if password else None


def may_be_stood_in_for(role: Role) -> bool:
    """System roles have what no membership gives; infrastructure roles follow their source."""
    return not role.is_system and role.origin is not Origin.INFRASTRUCTURE
