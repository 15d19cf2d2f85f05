"""The Secret of each role: made once, adopted when it is there, never overwritten.

Passwords live only between here and the API server; every one is noted for the tripwire.
"""

import base64
import binascii
import re
import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

from activities.kube.client import Kube, Object
from activities.manifests import secrets as manifests
from activities.postgres.role import Role
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden
from workflows.model.postgresql import Postgresql
from workflows.tripwire import TRIPWIRE

PASSWORD_LENGTH: Final = 64
_ALPHABET = string.ascii_letters + string.digits
_DATED = r"\d{6}"
"""What a rotation appends to a role's name."""


def build(
    role: Role, live: Mapping[str, Any] | None, *, cluster: Postgresql, configuration: Configuration
) -> Object:
    """The Secret as it should be, given the one that exists.

    Its password stays, and so does everything in it that is not ours. The username stays if it is
    the role's, or the dated one of a rotation; with any other one nobody could log in.
    """
    assert role.secret is not None
    data = dict((live or {}).get("data") or {})
    username, password = _text(data, "username"), _text(data, "password")
    manifest = manifests.build(
        cluster=cluster,
        configuration=configuration,
        user=role.name,
        password=password or generated(),
        namespace=role.secret.namespace,
    )
    TRIPWIRE.note(_text(manifest["data"], "password"))
    if _is_dated(username, role.name):
        manifest["data"]["username"] = data["username"]
    manifest["metadata"]["name"] = role.secret.name
    manifest["data"] = {**data, **manifest["data"]}
    if live is not None:
        manifest["type"] = live.get("type", manifest["type"])  # can't be changed
    return manifest


def generated() -> str:
    """A new password; letters and digits only, so that it needs no quoting anywhere."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))


def obstacles(kube: Kube, roles: Sequence[Role], *, home: str) -> dict[str, str]:
    """Roles whose Secret can't be made, each with the reason; the others are not affected."""
    elsewhere = sorted({role.namespace for role in roles if role.secret} - {home})
    missing = [namespace for namespace in elsewhere if not _exists(kube, namespace)]
    return {
        role.name: f"there is no namespace {role.namespace} for the Secret of role {role.name}"
        for role in roles
        if role.secret and role.namespace in missing
    }


def _exists(kube: Kube, namespace: str) -> bool:
    try:
        return kube.get("Namespace", "", namespace) is not None
    except Forbidden:
        return True  # who may not look finds out when writing


def _is_dated(username: str, role: str) -> bool:
    return re.fullmatch(re.escape(role) + _DATED, username) is not None


def _text(data: Mapping[str, str], key: str) -> str:
    try:
        return base64.b64decode(data.get(key) or "").decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
