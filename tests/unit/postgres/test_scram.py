"""Verifiers are made and checked as Postgres does it."""

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.postgres import scram
from activities.postgres.scram import Encryption

# RFC 7677, section 3: the password `pencil` with this salt and these keys
RFC_SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
RFC_KEYS = ("WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
                             "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")  # fmt: skip
PENCIL = f"SCRAM-SHA-256$4096:{RFC_SALT}${':'.join(RFC_KEYS)}"


def scram_matches(stored: str | None, password: str) -> bool:
    return scram.matches(stored, password, role="anyone", encryption=Encryption.SCRAM)


def test_the_example_of_the_standard_matches_its_password_only() -> None:
    assert scram_matches(PENCIL, "pencil")
    assert not scram_matches(PENCIL, "Pencil")


def test_a_verifier_has_the_form_postgres_stores() -> None:
    made = scram.verifier("Wah7ohsh5bieTh", role="anyone", encryption=Encryption.SCRAM)

    assert re.fullmatch(r"SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}=", made)


def test_two_verifiers_of_one_password_differ_and_both_match() -> None:
    first, second = (
        scram.verifier("secret", role="anyone", encryption=Encryption.SCRAM) for _ in range(2)
    )

    assert first != second
    assert scram_matches(first, "secret")
    assert scram_matches(second, "secret")


@settings(max_examples=40)
@given(st.text(min_size=1).filter(lambda text: "\x00" not in text and text.isprintable()))
def test_whatever_the_password_its_own_verifier_matches(password: str) -> None:
    made = scram.verifier(password, role="anyone", encryption=Encryption.SCRAM)

    assert scram_matches(made, password)


@pytest.mark.parametrize(
    ("password", "same"),
    [
        ("\N{ROMAN NUMERAL NINE}", "IX"),
        ("a\N{SOFT HYPHEN}b", "ab"),
        ("a\N{NO-BREAK SPACE}b", "a b"),
        ("\N{FEMININE ORDINAL INDICATOR}", "a"),
    ],
)
def test_passwords_that_look_alike_are_prepared_to_be_the_same(password: str, same: str) -> None:
    made = scram.verifier(password, role="anyone", encryption=Encryption.SCRAM)

    assert scram_matches(made, same)


@pytest.mark.parametrize(
    "password", ["a\N{HEBREW LETTER ALEF}", "\N{ARABIC LETTER ALEF}1", "\ue000", "\N{SOFT HYPHEN}"]
)
def test_a_password_that_cannot_be_prepared_is_taken_as_it_is(password: str) -> None:
    made = scram.verifier(password, role="anyone", encryption=Encryption.SCRAM)
    salt = base64.b64decode(made.split(":")[1].partition("$")[0])
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, scram.ITERATIONS)
    server_key = hmac.digest(salted, b"Server Key", "sha256")

    assert base64.b64decode(made.rpartition(":")[2]) == server_key


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "md50123456789abcdef0123456789abcdef",
        "SCRAM-SHA-256$4096:not base64$x:y",
        PENCIL.replace("4096", "4095"),
        PENCIL.replace("WG5d", "WG5e"),
        PENCIL.replace("wfPL", "wfPM"),
    ],
)
def test_any_other_stored_text_does_not_match(stored: str | None) -> None:
    assert not scram_matches(stored, "pencil")


def test_md5_is_the_hash_of_password_and_role() -> None:
    made = scram.verifier("secret", role="zalando", encryption=Encryption.MD5)

    assert made == "md5" + hashlib.md5(b"secretzalando").hexdigest()
    assert scram.matches(made, "secret", role="zalando", encryption=Encryption.MD5)
    assert not scram.matches(made, "secret", role="other", encryption=Encryption.MD5)


def test_a_stored_hash_of_the_other_kind_does_not_match() -> None:
    md5 = scram.verifier("pencil", role="anyone", encryption=Encryption.MD5)

    assert not scram_matches(md5, "pencil")
    assert not scram.matches(PENCIL, "pencil", role="anyone", encryption=Encryption.MD5)


def test_a_password_that_is_a_verifier_is_stored_as_it_is() -> None:
    assert scram.verifier(PENCIL, role="anyone", encryption=Encryption.MD5) == PENCIL
    assert scram.matches(PENCIL, PENCIL, role="anyone", encryption=Encryption.MD5)
    assert not scram_matches("other", PENCIL)


@pytest.mark.parametrize(
    ("setting", "encryption"),
    [
        (None, Encryption.SCRAM),
        ("scram-sha-256", Encryption.SCRAM),
        ("md5", Encryption.MD5),
        ("MD5", Encryption.MD5),
        ("on", Encryption.MD5),
    ],
)
def test_password_encryption_is_read_as_postgres_reads_it(
    setting: str | None, encryption: Encryption
) -> None:
    assert Encryption.of(setting) is encryption
