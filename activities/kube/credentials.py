"""The Secret of each role: made once, adopted when it is there, never overwritten.

Only a role whose password is decided elsewhere gets that one.

Passwords live only between here and the API server; every one is noted for the tripwire.
"""

import base64
import binascii
import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

from activities.kube.client import Object
from activities.manifests import secrets as manifests
from activities.manifests.instances import has_writable_server
from activities.postgres.passwords import date_of, may_be_stood_in_for
from activities.postgres.role import Role
from activities.vault import ReadsObjects
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden
from workflows.model.postgresql import Postgresql
from workflows.tripwire import TRIPWIRE

PASSWORD_LENGTH: Final = 64
_ALPHABET = string.ascii_letters + string.digits


def build(
    role: Role, live: Mapping[str, Any] | None, *, cluster: Postgresql, configuration: Configuration
) -> Object:
    """The Secret as it should be, given the one that exists.

    Its password stays, and so does everything in it that is not ours; where the server has to
    learn of a new one first, the step for roles writes it. The username stays if it is the role's,
    or the dated one of a rotation; with any other one nobody could log in.
    """
    assert role.secret is not None
    data = dict((live or {}).get("data") or {})
    username, password = _text(data, "username"), _text(data, "password")
    asks_server = has_writable_server(cluster, configuration)
    manifest = manifests.build(
        cluster=cluster,
        configuration=configuration,
        user=role.name,
        password=(password if asks_server else "") or role.password or password or generated(),
        namespace=role.secret.namespace,
    )
    if _text(manifest["data"], "password") != role.name:
        TRIPWIRE.note(_text(manifest["data"], "password"))
    if may_be_stood_in_for(role) and date_of(username, role.name):
        manifest["data"]["username"] = data["username"]
    manifest["metadata"]["name"] = role.secret.name
    manifest["data"] = {**data, **manifest["data"]}
    if live is not None:
        manifest["type"] = live.get("type", manifest["type"])  # can't be changed
    return manifest


def generated() -> str:
    """A new password; letters and digits only, so that it needs no quoting anywhere."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))


def obstacles(kube: ReadsObjects, roles: Sequence[Role], *, home: str) -> dict[str, str]:
    """Roles whose Secret can't be made, each with the reason; the others are not affected."""
    elsewhere = sorted({role.namespace for role in roles if role.secret} - {home})
    missing = [namespace for namespace in elsewhere if not _exists(kube, namespace)]
    return {
        role.name: f"there is no namespace {role.namespace} for the Secret of role {role.name}"
        for role in roles
        if role.secret and role.namespace in missing
    }


def _exists(kube: ReadsObjects, namespace: str) -> bool:
    try:
        return kube.get("Namespace", "", namespace) is not None
    except Forbidden:
        return True  # who may not look finds out when writing


def _text(data: Mapping[str, str], key: str) -> str:
    try:
        return base64.b64decode(data.get(key) or "").decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
