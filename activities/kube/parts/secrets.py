"""The Secret of each role with a password."""

from collections.abc import Iterator
from functools import partial

from activities.kube import credentials
from activities.kube.child import Child, Prepared
from activities.kube.client import Object
from activities.kube.parts.sight import Sight
from activities.postgres.role import Role
from workflows.model.secrets import SecretRef


def children(sight: Sight) -> Iterator[Child]:
    """One bad Secret keeps no other from being made."""
    impossible = credentials.obstacles(sight.existing, sight.roles, home=sight.namespace)
    for reason in impossible.values():
        sight.note(reason)
    for role in sight.roles:
        if role.secret is not None and role.name not in impossible:
            yield _secret(role, role.secret, sight)


def _secret(role: Role, ref: SecretRef, sight: Sight) -> Child:
    build = partial(
        credentials.build, role, cluster=sight.cluster, configuration=sight.configuration
    )
    place = {"namespace": ref.namespace, "name": ref.name}
    return Prepared(
        {"apiVersion": "v1", "kind": "Secret", "metadata": place},
        _found(ref, sight),
        build=build,
    )


def _found(ref: SecretRef, sight: Sight) -> Object | None:
    if ref.namespace == sight.namespace:
        return sight.existing.find("Secret", ref.name)
    return sight.existing.get("Secret", ref.namespace, ref.name)
