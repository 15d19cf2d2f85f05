"""Connection poolers: a Deployment and a Service for each role, and the Secret with the users.

PgBouncer reads its users at its start only. So when the list is changed, the time of that change
is noted at the list, goes from there into the pod template, and the Deployment renews its pods
without an outage.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from activities.kube import children as family
from activities.kube import ownership
from activities.kube.child import Child, Kept, Prepared, Surplus
from activities.kube.client import Object
from activities.kube.parts.sight import Sight
from activities.manifests import pooler, pooler_deployment, pooler_secret, pooler_service
from activities.postgres.role import Origin
from activities.vault import Vault
from workflows.model import names
from workflows.model.errors import NotYet
from workflows.model.names import Role
from workflows.model.secrets import SecretRef

_OFF = "the connection pooler is switched off"
_NO_ACCESS = (
    "enable_database_access is off: the pooler's role and look-up function have to be made by hand"
)


def children(sight: Sight) -> Iterator[Child]:
    wanted = [role for role in Role if pooler.wanted(sight.cluster, role)]
    if wanted and not sight.configuration.enable_database_access:
        sight.note(_NO_ACCESS)
    for role in wanted:
        yield from _pooler(role, sight)
    yield from _surplus(sight, {names.pooler(sight.name, role) for role in wanted})


# -------------------------------------------------------------------------------------- wanted


def _pooler(role: Role, sight: Sight) -> Iterator[Child]:
    name = names.pooler(sight.name, role)
    users = _users(role, sight)
    yield users
    live = sight.existing.find("Deployment", name)
    deployment = pooler_deployment.build(
        cluster=sight.cluster,
        configuration=sight.configuration,
        role=role,
        infrastructure=sorted(_infrastructure(sight)),
        users_changed=pooler_secret.changed(users.live),
    )
    yield Kept(deployment, live)
    service = pooler_service.build(
        cluster=sight.cluster, configuration=sight.configuration, role=role
    )
    yield Kept(service, sight.existing.find("Service", name))


def _users(role: Role, sight: Sight) -> Child:
    """Passwords are read when they are needed, and only here."""

    def build(live: Object | None) -> Object:
        own, infrastructure = _credentials(sight), _infrastructure(sight)
        opened = Vault(sight.existing).open_all(
            [own, *infrastructure.values()], namespace=sight.namespace, labels=sight.label
        )
        passwords = {ref: found.secret(ref.key) for ref, found in opened.items()}
        if not passwords.get(own):
            raise NotYet(f"Secret {own.name} has no password for the connection pooler yet")
        return pooler_secret.build(
            cluster=sight.cluster,
            configuration=sight.configuration,
            role=role,
            password=passwords[own],
            infrastructure={
                name: passwords[ref] for name, ref in infrastructure.items() if passwords.get(ref)
            },
            live=live,
            now=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        )

    name = names.pooler_auth_secret(sight.name, role)
    return Prepared(
        sight.place("v1", "Secret", name), sight.existing.find("Secret", name), build=build
    )


def _credentials(sight: Sight) -> SecretRef:
    """Where the password of the pooler's own role lies."""
    name = names.credentials_secret(
        pooler.user(sight.cluster, sight.configuration),
        cluster=sight.name,
        namespace=sight.namespace,
        template=sight.configuration.secret_name_template,
    )
    return SecretRef(namespace=sight.namespace, name=name)


def _infrastructure(sight: Sight) -> dict[str, SecretRef]:
    """Roles that may look at PgBouncer's statistics."""
    return {
        role.name: role.secret
        for role in sight.roles
        if role.origin is Origin.INFRASTRUCTURE and role.secret is not None
    }


# ------------------------------------------------------------------------------------- surplus


def _surplus(sight: Sight, wanted: set[str]) -> Iterator[Child]:
    """Secrets go first: the last one is found by the Deployment that refers to it."""
    services = [one for one in sight.existing.of("Service").values() if _is_ours(one)]
    found = [*_deployments(sight, wanted), *services]
    gone = [one for one in found if one["metadata"]["name"] not in wanted]
    for secret in _secrets(sight, gone, wanted):
        yield Surplus(secret, _OFF)
    for one in gone:
        yield Surplus(one, _OFF, propagation="Foreground")


def _deployments(sight: Sight, wanted: set[str]) -> list[Object]:
    if not wanted:
        return sight.strays("Deployment", _is_ours)
    return [one for one in sight.existing.of("Deployment").values() if _is_ours(one)]


def _secrets(sight: Sight, gone: Sequence[Object], wanted: set[str]) -> list[Object]:
    """The lists of users, and with the last pooler the login of the pooler's role."""
    marked = [one for one in sight.existing.of("Secret").values() if family.pooler_of(one)]
    lists = [one for one in marked if family.is_pooler(one)]
    surplus = {one["metadata"]["name"] for one in lists if family.pooler_of(one) not in wanted}
    if not wanted:
        surplus |= {one["metadata"]["name"] for one in marked}
        surplus |= {name for one in gone for name in _referred(one)}
    surplus -= {role.secret.name for role in sight.roles if role.secret is not None}
    found = (sight.existing.find("Secret", name) for name in sorted(surplus))
    return [one for one in found if one is not None and ownership.is_ours(one)]


def _is_ours(found: Object) -> bool:
    return family.is_pooler(found) and ownership.is_ours(found)


def _referred(deployment: Object) -> Iterator[str]:
    """The Secret with the login of the pooler's role, whoever that was."""
    template = deployment.get("spec", {}).get("template", {}).get("spec", {})
    for container in template.get("containers") or []:
        for entry in container.get("env") or []:
            reference = (entry.get("valueFrom") or {}).get("secretKeyRef")
            if entry["name"] == "PGPASSWORD" and reference:
                yield reference["name"]
