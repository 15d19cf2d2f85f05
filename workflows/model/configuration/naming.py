"""Names in a configuration with which no cluster could be run: of roles, Secrets and labels."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from workflows.model import names
from workflows.model.fields import OBJECT_NAME_PATTERN

Found = Mapping[str, Any]
Bad = tuple[str, Any, str]
"""Parameter, or a place below it; its value; what is accepted."""

_ROLES: Final = ("super_username", "replication_username", "connection_pooler_user")
_OBJECT: Final = re.compile(OBJECT_NAME_PATTERN.removesuffix("$") + r"\Z")
_LONGEST_OBJECT: Final = 253
_CUT: Final = f"a name of at most {names.LONGEST_IN_POSTGRES} bytes; Postgres cuts a longer one"
_CLUSTER, _NAMESPACE, _USER = "acid-test", "default", "postgres"
"""Examples: a template that has no place for these has none for others either."""


def roles(found: Found) -> Iterator[Bad]:
    """Roles of every cluster: Postgres must keep their names, and their Secrets have one."""
    for name in _ROLES:
        role = found.get(name)
        if not role:
            continue
        if len(role.encode()) > names.LONGEST_IN_POSTGRES:
            yield (
                name,
                role,
                f"a name of at most {names.LONGEST_IN_POSTGRES} bytes; Postgres cuts others",
            )
        elif not _is_object(_secret("{username}", role)) and not _has_secret(found, role):
            yield name, role, "a role whose name, with - for _, can be part of a Secret's name"
    pooler, superuser = found.get("connection_pooler_user"), found.get("super_username")
    if pooler is not None and pooler == superuser:
        yield "connection_pooler_user", pooler, "a role other than `super_username`"


def secrets(found: Found) -> Iterator[Bad]:
    """The template must tell roles apart and make names of objects."""
    template = found.get("secret_name_template")
    if not template:
        return
    if "{username}" not in template:
        accepted = "`{username}` in it; superuser and replication role can't share a Secret"
        yield "secret_name_template", template, accepted
    elif not all(_is_object(_secret(template, role)) for role in (_USER, *_proper(found))):
        accepted = (
            "a text that becomes the name of a Secret (a-z, 0-9, - and .) when `{username}`, "
            "`{cluster}`, `{namespace}`, `{tprkind}` and `{tprgroup}` are replaced"
        )
        yield "secret_name_template", template, accepted


def labels(found: Found) -> Iterator[Bad]:
    """A key with two meanings: what selects pods would not be what they carry."""
    name, role = found.get("cluster_name_label"), found.get("pod_role_label")
    if name == names.TEAM:
        yield "cluster_name_label", name, "another label than `team`, which holds the team"
    if role is None:
        return
    if role == name:
        yield "pod_role_label", role, "another label than `cluster_name_label`"
    elif role in found.get("cluster_labels", {}):
        yield "pod_role_label", role, "a label that is not among `cluster_labels`"


def _proper(found: Found) -> list[str]:
    """Roles whose names would do by themselves, so that a bad Secret is the template's doing."""
    given = [found.get(name) or _USER for name in _ROLES]
    return [role for role in given if _is_object(_secret("{username}", role))]


def _has_secret(found: Found, role: str) -> bool:
    return _is_object(_secret(found.get("secret_name_template") or "{username}", role))


def _secret(template: str, role: str) -> str:
    return names.credentials_secret(role, cluster=_CLUSTER, namespace=_NAMESPACE, template=template)


def _is_object(name: str) -> bool:
    return len(name) <= _LONGEST_OBJECT and _OBJECT.match(name) is not None
