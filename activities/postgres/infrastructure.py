"""Roles for the infrastructure, such as monitoring: the same in every cluster.

They come from Secrets that the configuration names: numbered keys (`user1`, `password1`,
`inrole1`), keys named by a definition, and a ConfigMap of the Secret's own name that describes
roles whose passwords the Secret holds. Of several definitions of a name the last one counts. What
can't be used is told in a sentence and spoils nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from activities.postgres.role import LOGIN, LONGEST_NAME, NOLOGIN
from activities.vault import Contents, ReadsObjects, Vault
from workflows.model import yamltext
from workflows.model.configuration import Configuration, InfrastructureRoles, NamespacedName
from workflows.model.errors import MatriarchError
from workflows.model.postgresql.sections import FLAGS

_WORDS: Final = {word for flag in FLAGS for word in (flag.upper(), f"NO{flag.upper()}")}
_NUMBERED: Final = {"userkey": "user", "passwordkey": "password", "rolekey": "inrole"}


class Description(BaseModel):
    """A role as YAML describes it; other keys are passed over."""

    model_config = ConfigDict(strict=True, extra="ignore")

    user_flags: list[str] = Field(default_factory=list)
    inrole: list[str] = Field(default_factory=list)
    db_parameters: dict[str, str] = Field(default_factory=dict)
    admin_role: str = ""


@dataclass(frozen=True)
class InfrastructureRole:
    """A role that is wanted in every cluster."""

    name: str
    password: str = field(repr=False)
    description: Description = field(default_factory=Description)
    unreadable: str = ""
    """Why its description can't be read, or nothing."""

    @property
    def flaw(self) -> str:
        """Why it can't be a role, or nothing. Never shows a password."""
        if self.unreadable:
            return self.unreadable
        if not self.name:
            return "it has no name"
        if not self.password:
            return "it has no password"
        if len(self.name) > LONGEST_NAME:
            return f"Postgres cuts names after {LONGEST_NAME} characters"
        strange = sorted(set(self.flags) - _WORDS)
        if strange:
            return f"there is no flag {', '.join(strange)}"
        contradicting = [flag for flag in self.flags if f"NO{flag}" in self.flags]
        return f"either {contradicting[0]} or NO{contradicting[0]}" if contradicting else ""

    @property
    def flags(self) -> tuple[str, ...]:
        written = {flag.upper() for flag in self.description.user_flags}
        return tuple(sorted(written if written & {LOGIN, NOLOGIN} else {*written, LOGIN}))


@dataclass(frozen=True)
class Infrastructure:
    """What all sources together ask for, and a sentence for each part that can't be used."""

    roles: Sequence[InfrastructureRole] = ()
    problems: Sequence[str] = ()


# ------------------------------------------------------------------------------------- reading


def read(kube: ReadsObjects, configuration: Configuration) -> Infrastructure:
    """All sources, read afresh: two requests for each Secret."""
    reading = _Reading(kube)
    for definition in definitions(configuration):
        reading.add(definition)
    return reading.result()


def definitions(configuration: Configuration) -> list[InfrastructureRoles]:
    """Numbered keys are a definition as well, a template for all numbers."""
    numbered = configuration.infrastructure_roles_secret_name
    first = [InfrastructureRoles(secretname=numbered, template=True)] if numbered else []
    return [*first, *configuration.infrastructure_roles_secrets]


class _Reading:
    """Each Secret and ConfigMap is asked for once, however many definitions name it."""

    def __init__(self, kube: ReadsObjects) -> None:
        self._kube = kube
        self._vault = Vault(kube)
        self._seen: dict[NamespacedName, Contents | None] = {}
        self._found: dict[str, InfrastructureRole] = {}
        self._problems: list[str] = []

    def add(self, definition: InfrastructureRoles) -> None:
        place = definition.secretname
        try:
            first = place not in self._seen
            secret = self._secret(place)
            if secret is None:
                return
            self._take(secret, defined(secret, definition))
            config_map = self._kube.get("ConfigMap", *_address(place)) if first else None
        except MatriarchError as error:
            self._problems.append(f"infrastructure roles of Secret {place}: {error}")
            return
        self._take(secret, described(secret, (config_map or {}).get("data") or {}))

    def result(self) -> Infrastructure:
        return Infrastructure(roles=list(self._found.values()), problems=self._problems)

    def _secret(self, place: NamespacedName) -> Contents | None:
        if place not in self._seen:
            self._seen[place] = None  # what can't be read is not asked for again
            self._seen[place] = self._vault.open(*_address(place))
            if self._seen[place] is None:
                self._problems.append(f"infrastructure roles: there is no Secret {place}")
        return self._seen[place]

    def _take(self, secret: Contents, roles: Iterable[InfrastructureRole]) -> None:
        for role in roles:
            if role.flaw:
                named = f"infrastructure role {role.name}".rstrip()
                self._problems.append(f"{named} of {secret} is left out: {role.flaw}")
            else:
                self._found[role.name] = role


def _address(place: NamespacedName) -> tuple[str, str]:
    return place.namespace, place.name


# ----------------------------------------------------------------------------- the three forms


def defined(secret: Contents, definition: InfrastructureRoles) -> Iterator[InfrastructureRole]:
    """What one definition finds in its Secret: a role, or one for each number of a template."""
    if definition.template:
        yield from _numbered(secret, definition)
    elif definition.userkey or definition.defaultuservalue:  # else it only names a ConfigMap
        group = secret.text(definition.rolekey) or definition.defaultrolevalue
        yield _role(
            secret.text(definition.userkey) or definition.defaultuservalue,
            secret.secret(definition.passwordkey),
            secret.text(definition.details),
            groups=[group] if group else [],
        )


def _numbered(secret: Contents, definition: InfrastructureRoles) -> Iterator[InfrastructureRole]:
    user, password, group = (getattr(definition, key) or usual for key, usual in _NUMBERED.items())
    for number in count(1):
        name = secret.text(f"{user}{number}")
        if not name:
            return
        inrole = secret.text(f"{group}{number}")
        description = Description(inrole=[inrole] if inrole else [])
        yield InfrastructureRole(name, secret.secret(f"{password}{number}"), description)


def described(secret: Contents, data: Mapping[str, str]) -> Iterator[InfrastructureRole]:
    """Roles of the ConfigMap with the Secret's name; their passwords lie under their names."""
    for name in sorted(data):
        yield _role(name, secret.secret(name), data[name])


def _role(name: str, password: str, text: str, *, groups: Sequence[str] = ()) -> InfrastructureRole:
    """With what YAML says of it besides `groups`."""
    try:
        written = yamltext.texts(text)
        described = Description.model_validate({} if written is None else written)
    except (ValueError, ValidationError):
        accepted = (
            "its description has to be a map with lists `user_flags` and `inrole`, a map "
            "`db_parameters` and a text `admin_role`"
        )
        return InfrastructureRole(name, password, unreadable=accepted)
    added = [group for group in groups if group not in described.inrole]
    complete = described.model_copy(update={"inrole": [*described.inrole, *added]})
    return InfrastructureRole(name, password, complete)
