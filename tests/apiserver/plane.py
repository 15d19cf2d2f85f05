"""A control plane without nodes on loopback: etcd, kube-apiserver, kube-controller-manager.

Everything lies in one folder and ends with the process that started it. Users are known by static
tokens, so that the audit log can tell them apart; all of them may do everything.
"""

import secrets
import socket
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import yaml

from tests.apiserver.audit import POLICY, Audit
from tests.apiserver.kube import ApiError, Kube
from tests.apiserver.processes import Process

CRDS = Path(__file__).parents[2] / "deploy" / "crds"
USERS = ("admin", "operator", "fake-node")
READY_SECONDS = 90

CONTROLLERS = (
    "statefulset-controller",
    "deployment-controller",
    "replicaset-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "cronjob-controller",
    "job-controller",
    "persistentvolumeclaim-protection-controller",
    "disruption-controller",
)


class Plane:
    """Start with `up`, end with `down`; both may be called again."""

    def __init__(self, home: Path, *, binaries: Path, crds: Sequence[Path] = (CRDS,)) -> None:
        self.home, self._binaries, self._crds = home, binaries, crds
        self._processes: list[Process] = []
        self._port = 0

    @property
    def audit(self) -> Audit:
        return Audit(self.home / "audit.log")

    def kubeconfig(self, user: str = "admin") -> Path:
        return self.home / f"{user}.kubeconfig"

    def kube(self, user: str = "admin") -> Kube:
        return Kube(self.kubeconfig(user))

    def up(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        etcd, peer, self._port = free_ports(3)
        self._write_files()
        self._start("etcd", _etcd(self.home, etcd, peer))
        apiserver = self._start("kube-apiserver", _apiserver(self.home, etcd, self._port))
        apiserver.until(self._certificate_written, seconds=READY_SECONDS)
        kube = self.kube()
        apiserver.until(lambda: _ready(kube), seconds=READY_SECONDS)
        self._start("kube-controller-manager", self._controller_manager())
        for resource in [each for folder in self._crds for each in install(kube, folder)]:
            apiserver.until(partial(_served, kube, resource), seconds=READY_SECONDS)
        kube.close()

    def down(self) -> None:
        while self._processes:
            self._processes.pop().stop()

    def _start(self, name: str, flags: Mapping[str, object]) -> Process:
        words = [str(self._binaries / name), *(f"--{key}={value}" for key, value in flags.items())]
        process = Process(name, words, log=self.home / f"{name}.log")
        self._processes.append(process)
        return process

    def _certificate_written(self) -> bool:
        return (self.home / "apiserver.crt").exists()

    def _write_files(self) -> None:
        (self.home / "audit-policy.yaml").write_text(POLICY)
        tokens = {user: secrets.token_hex(16) for user in USERS}
        lines = [f"{token},{user},{user},system:masters" for user, token in tokens.items()]
        (self.home / "tokens.csv").write_text("\n".join(lines) + "\n")
        for user, token in tokens.items():
            self.kubeconfig(user).write_text(self._kubeconfig(user, token))
        key = self.home / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)

    def _kubeconfig(self, user: str, token: str) -> str:
        server = {
            "server": f"https://127.0.0.1:{self._port}",
            "certificate-authority": str(self.home / "apiserver.crt"),
        }
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "tests", "cluster": server}],
                "users": [{"name": user, "user": {"token": token}}],
                "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": user}}],
                "current-context": "tests",
            }
        )

    def _controller_manager(self) -> Mapping[str, object]:
        return {
            "kubeconfig": self.kubeconfig("admin"),
            "secure-port": 0,
            "leader-elect": "false",
            "use-service-account-credentials": "false",
            "service-account-private-key-file": self.home / "accounts.key",
            "root-ca-file": self.home / "apiserver.crt",
            "kube-api-qps": 200,
            "kube-api-burst": 400,
            "concurrent-namespace-syncs": 20,
            "controllers": ",".join(CONTROLLERS),
        }


def free_ports(count: int) -> Sequence[int]:
    """Ports of loopback that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def install(kube: Kube, folder: Path) -> list[str]:
    """Apply every CRD of a folder; paths of the resources that will be served."""
    paths = []
    for file in sorted(folder.glob("*.yaml")):
        for manifest in yaml.safe_load_all(file.read_text()):
            if manifest and manifest["kind"] == "CustomResourceDefinition":
                spec = kube.apply(manifest, manager="tests")["spec"]
                version = spec["versions"][0]["name"]
                paths.append(f"apis/{spec['group']}/{version}/{spec['names']['plural']}")
    return paths


def _served(kube: Kube, resource: str) -> bool:
    try:
        kube.call("GET", f"{resource}?limit=1")
    except ApiError:
        return False
    return True


def _ready(kube: Kube) -> bool:
    try:
        return bool(kube.call("GET", "readyz") == "ok")
    except (ApiError, OSError):
        return False


def _etcd(home: Path, client: int, peer: int) -> Mapping[str, object]:
    urls = {name: f"http://127.0.0.1:{port}" for name, port in (("client", client), ("peer", peer))}
    return {
        "name": "tests",
        "data-dir": home / "etcd",
        "unsafe-no-fsync": "true",
        "listen-client-urls": urls["client"],
        "advertise-client-urls": urls["client"],
        "listen-peer-urls": urls["peer"],
        "initial-advertise-peer-urls": urls["peer"],
        "initial-cluster": f"tests={urls['peer']}",
        "log-level": "warn",
    }


def _apiserver(home: Path, etcd: int, port: int) -> Mapping[str, object]:
    return {
        "etcd-servers": f"http://127.0.0.1:{etcd}",
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "secure-port": port,
        "cert-dir": home,  # makes its own certificate there
        "token-auth-file": home / "tokens.csv",
        "authorization-mode": "RBAC",
        "service-account-issuer": "https://tests.invalid",
        "service-account-key-file": home / "accounts.key",
        "service-account-signing-key-file": home / "accounts.key",
        "service-cluster-ip-range": "10.96.0.0/16",
        "endpoint-reconciler-type": "none",
        "allow-privileged": "true",
        "enable-priority-and-fairness": "false",
        "max-requests-inflight": 0,
        "max-mutating-requests-inflight": 0,
        "profiling": "false",
        "audit-policy-file": home / "audit-policy.yaml",
        "audit-log-path": home / "audit.log",
    }
