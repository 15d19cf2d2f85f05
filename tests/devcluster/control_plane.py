"""The processes of the control plane: their command lines and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster.layout import API_PORT, GATEWAY, SERVICE_RANGE, Layout
from tests.devcluster.outer_init import ETCD_FOLDER
from tests.devcluster.pki import Pki
from tests.devcluster.supervisor import Service

ETCD = "http://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"

# How long a silent node stays Ready. Nodes report every 4 s: a load of 15 caused no false alarm.
NODE_GRACE = "20s"

# kubeconfig files for processes inside, by the name of their certificate
KUBECONFIGS = ("controller-manager", "scheduler", "proxy", "coredns", "csi")

# Who asked for what: service accounts of applications (so also the operator) in full, people's
# changes. The machinery of the cluster itself would drown both.
AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  userGroups: ["system:serviceaccounts:kube-system"]
- level: Metadata
  userGroups: ["system:serviceaccounts"]
- level: Metadata
  users: ["kubernetes-admin"]
  verbs: [create, update, patch, delete, deletecollection]
- level: None
"""

COREFILE = """\
.:53 {{
  bind {gateway}
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa {{
    kubeconfig {kubeconfig}
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 5
  }}
  cache 5
  health 127.0.0.1:8088
  ready 127.0.0.1:8089
}}
"""


@dataclass(frozen=True)
class ControlPlane:
    layout: Layout
    binaries: Path

    @property
    def pki(self) -> Pki:
        return Pki(self.layout.pki)

    def write_files(self) -> None:
        self.layout.kubeconfigs.mkdir(exist_ok=True, mode=0o700)
        for name in KUBECONFIGS:
            self._kubeconfig(name).write_text(self.pki.kubeconfig(name, server=GATEWAY))
        corefile = COREFILE.format(gateway=GATEWAY, kubeconfig=self._kubeconfig("coredns"))
        (self.layout.work / "Corefile").write_text(corefile)
        (self.layout.work / "audit-policy.yaml").write_text(AUDIT_POLICY)

    def etcd(self) -> Service:
        return self._service("etcd", {
            "name": "devcluster",
            # Its disk is memory, and dies with the instance: there is nothing to sync.
            "unsafe-no-fsync": "true",
            "data-dir": self.layout.work / ETCD_FOLDER / "data",
            "listen-client-urls": ETCD,
            "advertise-client-urls": ETCD,
            "listen-peer-urls": ETCD_PEER,
            "initial-advertise-peer-urls": ETCD_PEER,
            "initial-cluster": f"devcluster={ETCD_PEER}",
            "log-level": "warn",
        })  # fmt: skip

    def apiserver(self) -> Service:
        pki = self.pki
        return self._service("kube-apiserver", {
            "advertise-address": GATEWAY,
            "bind-address": "0.0.0.0",
            "secure-port": API_PORT,
            "etcd-servers": ETCD,
            "service-cluster-ip-range": SERVICE_RANGE,
            "tls-cert-file": pki.certificate("apiserver"),
            "tls-private-key-file": pki.key("apiserver"),
            "client-ca-file": pki.certificate("ca"),
            "kubelet-certificate-authority": pki.certificate("ca"),
            "kubelet-client-certificate": pki.certificate("apiserver-kubelet"),
            "kubelet-client-key": pki.key("apiserver-kubelet"),
            "kubelet-preferred-address-types": "InternalIP",
            "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
            "service-account-key-file": pki.home / "accounts.pub",
            "service-account-signing-key-file": pki.key("accounts"),
            # Without these kcm and scheduler complain every 5 s.
            "requestheader-client-ca-file": pki.certificate("ca"),
            "requestheader-allowed-names": "front-proxy-client",
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "proxy-client-cert-file": pki.certificate("front-proxy"),
            "proxy-client-key-file": pki.key("front-proxy"),
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "allow-privileged": "true",
            "enable-priority-and-fairness": "false",
            "profiling": "false",
            "event-ttl": "2h",
            "audit-policy-file": self.layout.work / "audit-policy.yaml",
            "audit-log-path": self.layout.audit_log,
            "audit-log-maxsize": 50,
            "audit-log-maxbackup": 2,
        })  # fmt: skip

    def controller_manager(self) -> Service:
        pki = self.pki
        return self._service("kube-controller-manager", {
            **self._own_kubeconfig("controller-manager"),
            "bind-address": "127.0.0.1",
            "leader-elect": "false",
            "use-service-account-credentials": "true",
            "root-ca-file": pki.certificate("ca"),
            "service-account-private-key-file": pki.key("accounts"),
            "cluster-signing-cert-file": pki.certificate("ca"),
            "cluster-signing-key-file": pki.key("ca"),
            "controllers": "*",
            "profiling": "false",
            "node-monitor-period": "2s",
            "node-monitor-grace-period": NODE_GRACE,
        })  # fmt: skip

    def scheduler(self) -> Service:
        return self._service("kube-scheduler", {
            **self._own_kubeconfig("scheduler"),
            "bind-address": "127.0.0.1",
            "leader-elect": "false",
            "profiling": "false",
        })  # fmt: skip

    def coredns(self) -> Service:
        return Service(
            "coredns",
            (str(self.binaries / "coredns"), "-conf", str(self.layout.work / "Corefile")),
            str(self.layout.log("coredns")),
        )

    def _kubeconfig(self, name: str) -> Path:
        return self.layout.kubeconfigs / name

    def _own_kubeconfig(self, name: str) -> dict[str, object]:
        own = self._kubeconfig(name)
        keys = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
        return dict.fromkeys(keys, own)

    def _service(self, name: str, flags: Mapping[str, object]) -> Service:
        words = (f"--{flag}={value}" for flag, value in flags.items())
        log = str(self.layout.log(name))
        return Service(name, (str(self.binaries / name), *words), log)
