"""All roles a cluster ought to have, from its resource and the operator's configuration.

Pure. Kubernetes steps learn here which Secrets to make, SQL steps which roles. Roles known from
elsewhere (infrastructure Secrets, teams) come in as `elsewhere`; of two wishes for one name the
one of higher origin wins.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from activities.postgres.prepared_roles import prepared_databases, roles_of
from activities.postgres.role import LOGIN, LONGEST_NAME, NOLOGIN, Origin, Role, united
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
    """Made by the image; the operator only holds their passwords, and alters those."""
    return [
        _role(configuration.super_username, Origin.SYSTEM, cluster, configuration),
        _role(
            configuration.replication_username,
            Origin.SYSTEM,
            cluster,
            configuration,
            flags=(LOGIN,),
        ),
    ]


def refused(
    *, cluster: Postgresql, configuration: Configuration, elsewhere: Sequence[Role] = ()
) -> list[str]:
    """Roles that are left alone because of their names, one sentence each."""
    reserved = [
        f"user {name} of the manifest is not managed: {reason}"
        for name in sorted(cluster.spec.users)
        if (reason := _reserved(name, configuration))
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
            *elsewhere,
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
        if not _reserved(name, configuration):
            yield _role(
                name,
                Origin.MANIFEST,
                cluster,
                configuration,
                flags=_flags(flags or []),
                administered_by=admin,
            )


def _reserved(name: str, configuration: Configuration) -> str:
    """Why a manifest may not have a user of this name, or nothing."""
    if name in configuration.protected_role_names:
        return "the name is protected"
    if name in (configuration.super_username, configuration.replication_username):
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
        extended(role) if role.name in owners and role.origin is not Origin.SYSTEM else role
        for role in roles
    ]
