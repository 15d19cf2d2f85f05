"""All roles a cluster ought to have, from its resource and the operator's configuration.

Pure. Kubernetes steps learn here which Secrets to make, SQL steps which roles. Roles known from
elsewhere (infrastructure Secrets, teams) come in as `elsewhere`; of two wishes for one name the
one of higher origin wins. `activities.postgres.sources` brings it all together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from activities.manifests import pooler
from activities.postgres.infrastructure import InfrastructureRole
from activities.postgres.prepared_roles import prepared_databases, roles_of
from activities.postgres.role import (
    LOGIN,
    LONGEST_NAME,
    NOLOGIN,
    REPLICATION,
    SUPERUSER,
    Origin,
    Role,
    united,
)
from activities.teams.people import Person
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql
from workflows.model.secrets import SecretRef

__all__ = ["LOGIN", "NOLOGIN", "Origin", "Role", "refused", "wanted_roles"]


def wanted_roles(
    *, cluster: Postgresql, configuration: Configuration, elsewhere: Sequence[Role] = ()
) -> list[Role]:
    """All roles, system roles first. Names and flags were checked when the resource was read."""
    roles = _all(cluster, configuration, elsewhere)
    clashing = _clashing(roles)
    usable = [role for role in roles if role.name not in clashing]
    return _with_owner_roles(usable, cluster, configuration)


def system_roles(cluster: Postgresql, configuration: Configuration) -> list[Role]:
    """What the cluster itself works with. The first two are made by the image; the operator only
    holds their passwords, and alters those.
    """
    wishes: list[tuple[str, Origin, tuple[str, ...]]] = [
        (configuration.super_username, Origin.SYSTEM, ()),
        (configuration.replication_username, Origin.SYSTEM, (LOGIN,)),
    ]
    if any(pooler.wanted(cluster, member) for member in names.Role):
        wishes.append((pooler.user(cluster, configuration), Origin.POOLER, (LOGIN,)))
    if cluster.spec.streams:
        wishes.append((names.STREAM_USER, Origin.STREAM, (LOGIN, REPLICATION)))
    return [
        _role(name, origin, cluster, configuration, flags=flags) for name, origin, flags in wishes
    ]


def infrastructure_roles(
    found: Iterable[InfrastructureRole], cluster: Postgresql, configuration: Configuration
) -> list[Role]:
    """As they are in this cluster, each with a Secret of its own."""
    return [
        replace(
            _role(role.name, Origin.INFRASTRUCTURE, cluster, configuration, flags=role.flags),
            member_of=tuple(role.description.inrole),
            administered_by=role.description.admin_role,
            parameters=role.description.db_parameters,
            password=role.password,
        )
        for role in found
    ]


def team_roles(
    persons: Iterable[Person], cluster: Postgresql, configuration: Configuration
) -> list[Role]:
    """Of people, who prove who they are by a token and not by a password: none has a Secret."""
    return [
        Role(
            name=person.name,
            origin=Origin.TEAMS,
            namespace=cluster.metadata.namespace,
            flags=(LOGIN, SUPERUSER) if person.superuser else (LOGIN,),
            member_of=_groups(person, configuration),
            parameters=configuration.team_api_role_configuration,
        )
        for person in persons
    ]


def _groups(person: Person, configuration: Configuration) -> tuple[str, ...]:
    admin = "" if person.superuser else configuration.team_admin_role
    return tuple(group for group in (configuration.pam_role_name, admin) if group)


def refused(
    *, cluster: Postgresql, configuration: Configuration, elsewhere: Sequence[Role] = ()
) -> list[str]:
    """Roles that are left alone because of their names, one sentence each."""
    reserved = [
        f"{_WISHES.get(origin, 'role {}').format(name)} is not managed: {reason}"
        for origin, name in _named(cluster, elsewhere)
        if (reason := _reserved(name, cluster, configuration))
    ]
    clashing = _clashing(_all(cluster, configuration, elsewhere))
    return reserved + [
        f"role {name} is not managed: its Secret would be that of role {rival}"
        for name, rival in sorted(clashing.items())
    ]


def _all(
    cluster: Postgresql, configuration: Configuration, elsewhere: Sequence[Role]
) -> list[Role]:
    return united(
        [
            *system_roles(cluster, configuration),
            *(role for role in elsewhere if not _reserved(role.name, cluster, configuration)),
            *_prepared(cluster, configuration),
            *_manifest(cluster, configuration),
        ]
    )


def _clashing(roles: Sequence[Role]) -> dict[str, str]:
    """Roles with the Secret of another one, which differs in `_` and `-` only and goes first."""
    holders: dict[SecretRef, str] = {}
    clashing: dict[str, str] = {}
    for role in sorted(roles, key=lambda role: -role.origin):
        if role.secret is not None:
            holder = holders.setdefault(role.secret, role.name)
            if holder != role.name:
                clashing[role.name] = holder
    return clashing


# ------------------------------------------------------------------------------------- sources


def _prepared(cluster: Postgresql, configuration: Configuration) -> Iterator[Role]:
    for database in prepared_databases(cluster):
        yield from roles_of(database, cluster=cluster, configuration=configuration)


def _manifest(cluster: Postgresql, configuration: Configuration) -> Iterator[Role]:
    admin = configuration.team_admin_role if configuration.enable_admin_role_for_users else ""
    for name, flags in sorted(cluster.spec.users.items()):
        if not _reserved(name, cluster, configuration):
            yield _role(
                name,
                Origin.MANIFEST,
                cluster,
                configuration,
                flags=_flags(flags or []),
                administered_by=admin,
            )


_WISHES = {
    Origin.MANIFEST: "user {} of the manifest",
    Origin.INFRASTRUCTURE: "infrastructure role {}",
    Origin.TEAMS: "team member {}",
}


def _named(cluster: Postgresql, elsewhere: Sequence[Role]) -> list[tuple[Origin, str]]:
    """Names that were chosen freely, and so may be taken."""
    written = [(Origin.MANIFEST, name) for name in sorted(cluster.spec.users)]
    return [*written, *((role.origin, role.name) for role in elsewhere)]


def _reserved(name: str, cluster: Postgresql, configuration: Configuration) -> str:
    """Why nobody may ask for a role of this name, or nothing."""
    if name in configuration.protected_role_names:
        return "the name is protected"
    if any(name == role.name for role in system_roles(cluster, configuration)):
        return "the name belongs to a system role"
    if len(name) > LONGEST_NAME:
        return f"Postgres cuts names after {LONGEST_NAME} characters"
    return ""


def _flags(written: Sequence[str]) -> tuple[str, ...]:
    flags = {flag.upper() for flag in written}
    if not flags & {LOGIN, NOLOGIN}:
        flags.add(LOGIN)
    return tuple(sorted(flags))


def _role(
    name: str,
    origin: Origin,
    cluster: Postgresql,
    configuration: Configuration,
    *,
    flags: tuple[str, ...] = (),
    administered_by: str = "",
) -> Role:
    """A role with a Secret. Also a NOLOGIN one has it, as with Zalando's operator."""
    namespace = _namespace(name, origin, cluster, configuration)
    secret = names.credentials_secret(
        name,
        cluster=cluster.metadata.name,
        namespace=cluster.metadata.namespace,
        template=configuration.secret_name_template,
    )
    return Role(
        name=name,
        origin=origin,
        namespace=namespace,
        flags=flags,
        administered_by=administered_by,
        secret=SecretRef(namespace=namespace, name=secret),
    )


def _namespace(name: str, origin: Origin, cluster: Postgresql, configuration: Configuration) -> str:
    return names.secret_namespace(
        name,
        namespace=cluster.metadata.namespace,
        cross_namespace=origin is Origin.MANIFEST and configuration.enable_cross_namespace_secret,
    )


def _with_owner_roles(
    roles: Sequence[Role], cluster: Postgresql, configuration: Configuration
) -> list[Role]:
    """Make every database owner a member of `additional_owner_roles`.

    A role can't be its own member, and an owner can't administer what it is a member of: then
    membership in the additional role goes before the administration by it.
    """
    owners = set(cluster.spec.databases.values())
    owners |= {database.owner for database in prepared_databases(cluster)}
    extra = tuple(configuration.additional_owner_roles)

    def extended(role: Role) -> Role:
        added = tuple(name for name in extra if name != role.name and name not in role.member_of)
        administrator = "" if role.administered_by in added else role.administered_by
        return replace(role, member_of=(*role.member_of, *added), administered_by=administrator)

    return [
        extended(role) if role.name in owners and not role.is_system else role for role in roles
    ]
