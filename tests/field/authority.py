"""A certificate authority of one's own, as cert-manager would run one in the cluster."""

import base64
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.field.kubectl import Manifest

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3")


class Authority:
    """Issues a new certificate each time it is asked; keeps its files in `home`."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._openssl("ca", "own-authority", "-addext", "basicConstraints=critical,CA:TRUE")

    @property
    def certificate(self) -> str:
        return (self._home / "ca.crt").read_text()

    def secret(self, name: str, hosts: Sequence[str]) -> Manifest:
        """A Secret with a certificate for these hosts that nobody has seen yet."""
        alternatives = ",".join(f"DNS:{host}" for host in hosts)
        signer = ["-CA", str(self._home / "ca.crt"), "-CAkey", str(self._home / "ca.key")]
        constraint = ["-addext", "basicConstraints=critical,CA:FALSE"]
        names = ["-addext", f"subjectAltName={alternatives}"]
        self._openssl("tls", hosts[0], *signer, *constraint, *names)
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"name": name},
            "data": {
                file: base64.b64encode((self._home / file).read_bytes()).decode()
                for file in ("tls.crt", "tls.key", "ca.crt")
            },
        }

    def _openssl(self, name: str, subject: str, *more: str) -> None:
        files = [
            "-keyout",
            str(self._home / f"{name}.key"),
            "-out",
            str(self._home / f"{name}.crt"),
        ]
        # an empty configuration: Debian's adds extensions of its own, which then come twice
        plain = ["-config", "/dev/null", "-subj", f"/CN={subject}"[:64]]
        words = ["openssl", "req", "-x509", *KEY, *plain, *more, *files]
        subprocess.run(words, check=True, capture_output=True)
