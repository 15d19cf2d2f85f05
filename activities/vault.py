"""Reads passwords from Secrets at the moment of use, and nowhere else.

Every value read is made known to the tripwire, which keeps it out of payloads, failures and logs.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Contents:
    """One Secret as it was read. Values are decoded one by one: a bad one spoils no other."""

    namespace: str
    name: str
    version: str
    """Changes with every write."""
    _data: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, secret: Object) -> "Contents":
        metadata = secret["metadata"]
        return cls(
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
            version=metadata.get("resourceVersion", ""),
            _data=secret.get("data") or {},
        )

    def __str__(self) -> str:
        return f"Secret {self.namespace}/{self.name}"

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def text(self, key: str) -> str:
        """What is no secret, such as a user name; empty when it is missing or no text."""
        try:
            return base64.b64decode(self._data.get(key) or "", validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""

    def secret(self, key: str) -> str:
        """The same for what must never leave the process: made known to the tripwire.

        But for a password that is the user's name: that stands in messages and can't be hidden.
        """
        value = self.text(key)
        if all(value != self.text(other) for other in self._data if other != key):
            TRIPWIRE.note(value)
        return value


class Vault:
    """Secrets of Kubernetes. Keeps nothing itself, so a value is never older than the request."""

    def __init__(self, kube: ReadsObjects) -> None:
        self._kube = kube

    def open(self, namespace: str, name: str) -> Contents | None:
        """A whole Secret, or None."""
        found = self._kube.get("Secret", namespace, name)
        return None if found is None else Contents.of(found)

    def open_all(
        self, refs: Iterable[SecretRef], *, namespace: str, labels: Mapping[str, str]
    ) -> dict[SecretRef, Contents]:
        """Many with one request for all that lie in `namespace` under these labels.

        Those that are missing are left out of the answer.
        """
        listed = self._listed(namespace, labels)
        opened: dict[SecretRef, Contents] = {}
        for ref in refs:
            found = listed.get((ref.namespace, ref.name))
            if found is None:  # elsewhere, or without labels because somebody made it by hand
                found = self.open(ref.namespace, ref.name)
            if found is not None:
                opened[ref] = found
        return opened

    def read(self, ref: SecretRef) -> str:
        """One value; `NotYet` when Secret or key is missing, `Precondition` when it is no
        text.
        """
        found = self.open(ref.namespace, ref.name)
        if found is None or ref.key not in found:
            raise NotYet(f"Secret {ref.namespace}/{ref.name} has no {ref.key} yet")
        value = found.secret(ref.key)
        if not value:
            raise Precondition(f"{ref.key} of {found} is empty, or not text in UTF-8")
        return value

    def _listed(self, namespace: str, labels: Mapping[str, str]) -> dict[tuple[str, str], Contents]:
        try:
            secrets = self._kube.list("Secret", namespace, labels, fresh=True)
        except Forbidden:  # listing is a right of its own, which an older role may not grant
            return {}
        return {(namespace, secret["metadata"]["name"]): Contents.of(secret) for secret in secrets}
