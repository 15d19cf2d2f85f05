"""Passwords are read from Secrets, and known to the tripwire from then on."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from activities.vault import Contents, Vault
from workflows.model.errors import Forbidden, NotYet, Precondition
from workflows.model.secrets import SecretRef
from workflows.tripwire import TRIPWIRE

LABELS = {"cluster-name": "acid-test"}


class Secrets:
    """Secrets by namespace and name; may refuse to list them."""

    def __init__(self, *, listing: bool = True) -> None:
        self.stored: dict[tuple[str, str], dict[str, Any]] = {}
        self.asked: list[str] = []
        self._listing = listing

    def add(self, name: str, password: bytes, *, namespace: str = "default") -> SecretRef:
        data = {"password": base64.b64encode(password).decode()}
        metadata = {"namespace": namespace, "name": name}
        self.stored[namespace, name] = {"metadata": metadata, "data": data}
        return SecretRef(namespace=namespace, name=name)

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        self.asked.append(f"get {namespace}/{name}")
        return self.stored.get((namespace, name))

    def list(
        self, kind: str, namespace: str, labels: Mapping[str, str], *, fresh: bool = False
    ) -> list[dict[str, Any]]:
        self.asked.append(f"list {namespace} {'fresh' if fresh else 'cached'}")
        if not self._listing:
            raise Forbidden("list Secret: no")
        return [secret for (place, _), secret in self.stored.items() if place == namespace]


def test_a_password_is_decoded_and_noted() -> None:
    secrets = Secrets()
    ref = secrets.add("foo", b"Password-Of-Foo-1")

    assert Vault(secrets).read(ref) == "Password-Of-Foo-1"
    assert TRIPWIRE.trips("it is Password-Of-Foo-1 indeed")


@pytest.mark.parametrize("key", ["password", "other"])
def test_a_missing_secret_or_key_is_awaited(key: str) -> None:
    secrets = Secrets()
    secrets.add("foo", b"Password-Of-Foo-2")
    name = "foo" if key == "other" else "bar"

    with pytest.raises(NotYet, match=f"Secret default/{name} has no {key} yet"):
        Vault(secrets).read(SecretRef(namespace="default", name=name, key=key))


def test_bytes_that_are_no_text_are_refused_without_being_shown() -> None:
    secrets = Secrets()
    ref = secrets.add("foo", b"\xff\xfe-secret")

    with pytest.raises(
        Precondition, match="password of Secret default/foo is empty, or not"
    ) as caught:
        Vault(secrets).read(ref)

    assert "-secret" not in str(caught.value)


def test_all_secrets_of_a_cluster_are_read_with_one_request() -> None:
    secrets = Secrets()
    refs = [secrets.add(f"user-{n}", f"Password-{n}".encode()) for n in range(5)]

    opened = Vault(secrets).open_all(refs, namespace="default", labels=LABELS)

    assert passwords(opened) == {ref: f"Password-{n}" for n, ref in enumerate(refs)}
    assert secrets.asked == ["list default fresh"]


def test_secrets_elsewhere_are_read_one_by_one_and_missing_ones_left_out() -> None:
    secrets = Secrets()
    near, far = secrets.add("foo", b"Near-Password"), secrets.add("bar", b"Far-1", namespace="apps")
    missing = SecretRef(namespace="apps", name="none")
    broken = secrets.add("broken", b"\xff")

    opened = Vault(secrets).open_all(
        [near, far, missing, broken], namespace="default", labels=LABELS
    )

    assert passwords(opened) == {near: "Near-Password", far: "Far-1", broken: ""}
    assert secrets.asked == ["list default fresh", "get apps/bar", "get apps/none"]


def test_without_the_right_to_list_they_are_read_one_by_one() -> None:
    secrets = Secrets(listing=False)
    ref = secrets.add("foo", b"Password-Of-Foo-3")

    opened = Vault(secrets).open_all([ref], namespace="default", labels=LABELS)

    assert passwords(opened) == {ref: "Password-Of-Foo-3"}


def test_of_a_whole_secret_only_what_is_secret_is_noted() -> None:
    secrets = Secrets()
    secrets.add("foo", b"Password-Of-Foo-4")
    secrets.stored["default", "foo"]["data"]["username"] = base64.b64encode(b"a_long_user_name")
    contents = Vault(secrets).open("default", "foo")

    assert contents is not None
    assert (contents.text("username"), contents.secret("password")) == (
        "a_long_user_name",
        "Password-Of-Foo-4",
    )
    assert not TRIPWIRE.trips("a_long_user_name")
    assert TRIPWIRE.trips("Password-Of-Foo-4")
    assert (contents.text("other"), "other" in contents) == ("", False)


def test_a_password_that_is_the_users_name_can_not_be_hidden() -> None:
    secrets = Secrets()
    secrets.add("foo", b"robot_zmon_acid")
    secrets.stored["default", "foo"]["data"]["username"] = base64.b64encode(b"robot_zmon_acid")
    contents = Vault(secrets).open("default", "foo")

    assert contents is not None
    assert contents.secret("password") == "robot_zmon_acid"
    assert not TRIPWIRE.trips("role robot_zmon_acid created")


def passwords(opened: Mapping[SecretRef, Contents]) -> dict[SecretRef, str]:
    return {ref: contents.secret(ref.key) for ref, contents in opened.items()}
