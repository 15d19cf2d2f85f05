"""TLS files: those the environment brings as text, else a pair signed by itself."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .environment import BadEnvironment, Environment, Layout

NOTE_MOUNTED = "/scripts/test_reload_ssl.sh"
SUBJECT = "/CN=spilo.example.org"
DAYS = "3650"
# variable -> file below the certificates' folder
TEXTS: Mapping[str, str] = {
    "SSL_CERTIFICATE": "server.crt",
    "SSL_PRIVATE_KEY": "server.key",
    "SSL_CA": "ca.crt",
    "SSL_CRL": "crl.crt",
    "SSL_RESTAPI_CERTIFICATE": "restapi-certfile",
    "SSL_RESTAPI_PRIVATE_KEY": "restapi-keyfile",
    "SSL_RESTAPI_CA": "restapi-cafile",
}


def given(environment: Environment) -> dict[str, str]:
    """File name -> text, for what comes in variables and not as mounted files."""
    return {
        file: environment[name]
        for name, file in TEXTS.items()
        if environment.get(name) and not environment.get(f"{name}_FILE")
    }


def needs_own(environment: Environment) -> bool:
    """Whether the server would have no certificate, so that one has to be made."""
    pair = ("SSL_CERTIFICATE", "SSL_PRIVATE_KEY")
    return not all(environment.get(name) or environment.get(f"{name}_FILE") for name in pair)


def mounted(environment: Environment) -> dict[str, Path]:
    """Variable -> TLS file that is mounted, and so may change while the server runs."""
    names = [f"{name}_FILE" for name in TEXTS]
    return {name: Path(environment[name]) for name in names if environment.get(name)}


def note_mounted(environment: Environment, layout: Layout, script: str = NOTE_MOUNTED) -> None:
    """Take down what the server is going to read: what changes from now on is to be read again."""
    files = mounted(environment)
    for name, file in files.items():
        if not os.access(file, os.R_OK):
            raise BadEnvironment(f"{name}: {file} is not there, or may not be read")
    (layout.certificates / "mounted.sha256").unlink(missing_ok=True)
    if files:
        subprocess.run([script], check=True, env=environment)


def write(environment: Environment, layout: Layout) -> None:
    """Put the files in place, readable for the running user only."""
    for name, text in given(environment).items():
        file = layout.certificates / name
        file.write_text(text)
        file.chmod(0o600)
    if needs_own(environment) and not (layout.certificates / "server.key").exists():
        sign_own(layout)


def sign_own(layout: Layout) -> None:
    """A key on a curve: it is made in an instant, where RSA takes up to a second."""
    key, certificate = layout.certificates / "server.key", layout.certificates / "server.crt"
    previous = os.umask(0o077)
    try:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-days", DAYS, "-subj", SUBJECT),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-keyout", str(key), "-out", str(certificate)),
            ],
            check=True,
            capture_output=True,
        )
    finally:
        os.umask(previous)
