"""Reads passwords from Secrets at the moment of use, and nowhere else.

Every value read is made known to the tripwire, which keeps it out of payloads, failures and logs.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from workflows.model.errors import Forbidden, NotYet, Precondition
from workflows.model.secrets import SecretRef
from workflows.tripwire import TRIPWIRE

Object = dict[str, Any]


class ReadsObjects(Protocol):
    """The part of `activities.kube.client.Kube` that only looks."""

    def get(self, kind: str, namespace: str, name: str) -> Object | None: ...

    def list(
        self, kind: str, namespace: str, labels: Mapping[str, str], *, fresh: bool = False
    ) -> list[Object]: ...


class Vault:
    """Secrets of Kubernetes. Keeps nothing itself, so a value is never older than the request."""

    def __init__(self, kube: ReadsObjects) -> None:
        self._kube = kube

    def read(self, ref: SecretRef) -> str:
        """The value; `NotYet` when Secret or key is missing, `Precondition` when it is no text."""
        value = _value(self._kube.get("Secret", ref.namespace, ref.name), ref)
        if value is None:
            raise NotYet(f"Secret {ref.namespace}/{ref.name} has no {ref.key} yet")
        return value

    def read_all(
        self, refs: Iterable[SecretRef], *, namespace: str, labels: Mapping[str, str]
    ) -> dict[SecretRef, str]:
        """Many values with one request for all that lie in `namespace` under these labels.

        Those that are missing or no text are left out of the answer.
        """
        listed = self._listed(namespace, labels)
        values: dict[SecretRef, str] = {}
        for ref in refs:
            secret = listed.get((ref.namespace, ref.name))
            if secret is None:  # elsewhere, or without labels because somebody made it by hand
                secret = self._kube.get("Secret", ref.namespace, ref.name)
            with suppress(Precondition):
                value = _value(secret, ref)
                if value is not None:
                    values[ref] = value
        return values

    def _listed(self, namespace: str, labels: Mapping[str, str]) -> dict[tuple[str, str], Object]:
        try:
            secrets = self._kube.list("Secret", namespace, labels, fresh=True)
        except Forbidden:  # listing is a right of its own, which an older role may not grant
            return {}
        return {(namespace, secret["metadata"]["name"]): secret for secret in secrets}


def _value(secret: Object | None, ref: SecretRef) -> str | None:
    coded = ((secret or {}).get("data") or {}).get(ref.key)
    if coded is None:
        return None
    try:
        value = base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Precondition(
            f"{ref.key} of Secret {ref.namespace}/{ref.name} is not text in UTF-8"
        ) from None
    TRIPWIRE.note(value)
    return value
