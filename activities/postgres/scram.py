"""Password verifiers made and checked here, so that no clear password travels in SQL.

SCRAM by RFC 5803 with the preparation of RFC 4013, md5 as Postgres stores it. A verifier is
checked against the password instead of being made anew: an unchanged password needs no ALTER.
"""

import base64
import hashlib
import hmac
import re
import secrets
import stringprep
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

ITERATIONS = 4096
SALT_BYTES = 16

_STORED = re.compile(r"SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")
_MD5 = re.compile(r"md5[0-9a-f]{32}")


class Encryption(StrEnum):
    """Values of `password_encryption`."""

    SCRAM = "scram-sha-256"
    MD5 = "md5"

    @classmethod
    def of(cls, setting: str | None) -> "Encryption":
        """As Postgres reads the setting; `on` and the like were names for md5 once."""
        return cls.MD5 if (setting or "").strip().lower() in ("md5", "on", "true") else cls.SCRAM


@dataclass(frozen=True)
class _Scram:
    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    def __str__(self) -> str:
        salt, stored, server = (
            base64.b64encode(part).decode()
            for part in (self.salt, self.stored_key, self.server_key)
        )
        return f"SCRAM-SHA-256${self.iterations}:{salt}${stored}:{server}"


def verifier(password: str, *, role: str, encryption: Encryption) -> str:
    """What Postgres is to store; a password that is a verifier already is taken as it is."""
    if is_verifier(password):
        return password
    if encryption is Encryption.MD5:
        return _md5(password, role)
    salt = secrets.token_bytes(SALT_BYTES)
    return str(_Scram(ITERATIONS, salt, *_keys(password, salt, ITERATIONS)))


def matches(stored: str | None, password: str, *, role: str, encryption: Encryption) -> bool:
    """Whether `stored` is what `verifier` could have made of the same arguments."""
    if stored is None:
        return False
    if is_verifier(password):
        return hmac.compare_digest(stored, password)
    if encryption is Encryption.MD5:
        return hmac.compare_digest(stored, _md5(password, role))
    known = _parse(stored)
    if known is None:
        return False
    return _keys(password, known.salt, known.iterations) == (known.stored_key, known.server_key)


def is_verifier(text: str) -> bool:
    return _STORED.fullmatch(text) is not None or _MD5.fullmatch(text) is not None


def _parse(stored: str) -> _Scram | None:
    found = _STORED.fullmatch(stored)
    if found is None:
        return None
    iterations, *parts = found.groups()
    try:
        salt, stored_key, server_key = (base64.b64decode(part, validate=True) for part in parts)
    except ValueError:
        return None
    return _Scram(int(iterations), salt, stored_key, server_key)


def _md5(password: str, role: str) -> str:
    digest = hashlib.md5((password + role).encode(), usedforsecurity=False)
    return f"md5{digest.hexdigest()}"


@lru_cache(maxsize=16384)
def _keys(password: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    """StoredKey and ServerKey. Remembered, since every look at an idle cluster asks again."""
    salted = hashlib.pbkdf2_hmac("sha256", _prepared(password), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256")


def _prepared(password: str) -> bytes:
    """SASLprep; like Postgres, take the password as it is when it can't be prepared."""
    if password.isascii():
        return password.encode()
    mapped = "".join(
        " " if stringprep.in_table_c12(character) else character
        for character in password
        if not stringprep.in_table_b1(character)
    )
    text = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if not text or _prohibited(text):
        return password.encode()
    return text.encode()


def _prohibited(text: str) -> bool:
    banned = (
        stringprep.in_table_c12,
        stringprep.in_table_c21_c22,
        stringprep.in_table_c3,
        stringprep.in_table_c4,
        stringprep.in_table_c5,
        stringprep.in_table_c6,
        stringprep.in_table_c7,
        stringprep.in_table_c8,
        stringprep.in_table_c9,
        stringprep.in_table_a1,
    )
    if any(test(character) for character in text for test in banned):
        return True
    if not any(map(stringprep.in_table_d1, text)):
        return False
    mixed = any(map(stringprep.in_table_d2, text))
    return mixed or not (stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1]))
