"""Certificates, made with openssl and kept until the request for one changes."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster.layout import API_PORT, API_SERVICE, GATEWAY, Node, Uplink
from tests.devcluster.progress import call

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650")

# Who the processes of the control plane are: file name -> (common name, organisation)
CLIENTS = {
    "admin": ("kubernetes-admin", "system:masters"),
    "apiserver-kubelet": ("kube-apiserver-kubelet-client", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "proxy": ("system:kube-proxy", ""),
    "coredns": ("system:coredns", ""),
    "csi": ("devcluster-csi", "system:masters"),
    "front-proxy": ("front-proxy-client", ""),
}


@dataclass(frozen=True)
class Pki:
    home: Path

    def certificate(self, name: str) -> Path:
        return self.home / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.home / f"{name}.key"

    def ensure(self, *, uplink: Uplink, nodes: Sequence[Node]) -> None:
        """Everything the control plane and these nodes need."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._authority()
        self._account_key()
        services = [f"kubernetes{suffix}" for suffix in ("", ".default", ".default.svc")]
        names = [*services, "kubernetes.default.svc.cluster.local", "localhost"]
        addresses = ["127.0.0.1", GATEWAY, API_SERVICE, uplink.inside]
        self._issue("apiserver", "kube-apiserver", names=names, addresses=addresses)
        for name, (common, organisation) in CLIENTS.items():
            self._issue(name, common, organisation=organisation)
        for node in nodes:
            self.ensure_node(node)

    def ensure_node(self, node: Node) -> None:
        self._issue(node.service, f"system:node:{node.name}", organisation="system:nodes")
        addresses = [node.address, "127.0.0.1"]
        self._issue(f"{node.service}-server", node.name, names=[node.name], addresses=addresses)

    def kubeconfig(self, name: str, *, server: str) -> str:
        """A kubeconfig with everything inside, for the client certificate `name`."""

        def inline(file: Path) -> str:
            return base64.b64encode(file.read_bytes()).decode()

        return f"""\
apiVersion: v1
kind: Config
clusters:
- name: devcluster
  cluster:
    server: https://{server}:{API_PORT}
    certificate-authority-data: {inline(self.certificate("ca"))}
users:
- name: {name}
  user:
    client-certificate-data: {inline(self.certificate(name))}
    client-key-data: {inline(self.key(name))}
contexts:
- name: devcluster
  context: {{cluster: devcluster, user: {name}, namespace: default}}
current-context: devcluster
"""

    def _authority(self) -> None:
        if not self.certificate("ca").exists():
            self._openssl(
                "ca", subject="/CN=devcluster", extensions=[
                    "basicConstraints=critical,CA:TRUE",
                    "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
                ],
            )  # fmt: skip

    def _account_key(self) -> None:
        """The pair that signs and checks service-account tokens."""
        key, public = self.key("accounts"), self.home / "accounts.pub"
        if not public.exists():
            call(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                  "ec_paramgen_curve:prime256v1", "-out", key])  # fmt: skip
            public.write_text(call(["openssl", "pkey", "-in", key, "-pubout"]))

    def _issue(
        self,
        name: str,
        common: str,
        *,
        organisation: str = "",
        names: Sequence[str] = (),
        addresses: Sequence[str] = (),
    ) -> None:
        alternatives = [f"DNS:{n}" for n in names] + [f"IP:{a}" for a in addresses]
        subject = (f"/O={organisation}" if organisation else "") + f"/CN={common}"
        extensions = [
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature,keyEncipherment",
            "extendedKeyUsage=serverAuth,clientAuth",
            *([f"subjectAltName={','.join(alternatives)}"] if alternatives else []),
        ]
        request = hashlib.sha256(repr((subject, extensions)).encode()).hexdigest()
        made_for = self.home / f"{name}.request"
        if made_for.exists() and made_for.read_text() == request:
            return
        signer: list[str | Path] = ["-CA", self.certificate("ca"), "-CAkey", self.key("ca")]
        self._openssl(name, subject=subject, extensions=extensions, signer=signer)
        made_for.write_text(request)

    def _openssl(
        self,
        name: str,
        *,
        subject: str,
        extensions: Sequence[str],
        signer: Sequence[str | Path] = (),
    ) -> None:
        added = [word for extension in extensions for word in ("-addext", extension)]
        # An empty configuration: Debian's adds extensions of its own, which then come twice.
        files: list[str | Path] = ["-keyout", self.key(name), "-out", self.certificate(name)]
        plain = ["-config", "/dev/null", "-subj", subject]
        call(["openssl", "req", "-x509", *EC, *plain, *signer, *added, *files])
        self.key(name).chmod(0o600)
