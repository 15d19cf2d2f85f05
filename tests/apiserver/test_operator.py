"""The program as it is started in a pod, with the rights it has there; only nodes are missing."""

import base64
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

from activities.kube.client import Kube as OperatorsKube
from matriarch import crds
from tests.apiserver.audit import Audit
from tests.apiserver.kube import ApiError, Kube, Object
from tests.apiserver.plane import Plane, free_ports
from tests.apiserver.test_watcher import cluster
from tests.devcluster import binaries
from tests.unit.matriarch.dev_server import DevServer
from tests.unit.watcher.waiting import until
from watcher.api import Api
from watcher.lease import Lease
from workflows.model.errors import Forbidden

KUSTOMIZE = Path(__file__).parents[2] / "deploy" / "kustomize" / "operator"
NAMESPACE = "postgres-operator"
ROLES = "apis/rbac.authorization.k8s.io/v1"


def _bind(kube: Kube, manifest: Any) -> None:
    """Another module of the session may have done so; a binding can't be applied twice."""
    try:
        kube.call("POST", f"{ROLES}/clusterrolebindings", manifest)
    except ApiError as error:
        assert error.status == 409


@pytest.fixture(scope="module")
def installed(apiserver: Plane, kube: Kube) -> Kube:
    """Namespace, ServiceAccount, roles and bindings as `deploy/` has them."""
    for manifest in _manifests():
        if manifest["kind"] == "ClusterRoleBinding":
            _bind(kube, manifest)
        elif manifest["kind"] in ("Namespace", "ServiceAccount", "ClusterRole"):
            kube.apply(manifest, manager="tests")
    return kube


def _manifests() -> Iterator[Object]:
    for name in ("namespace.yaml", "rights.yaml", "pod-rights.yaml"):
        yield from yaml.safe_load_all((KUSTOMIZE / name).read_text())


@pytest.fixture(scope="module")
def kubeconfig(apiserver: Plane, installed: Kube, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lets in as the operator's ServiceAccount."""
    where = f"api/v1/namespaces/{NAMESPACE}/serviceaccounts/postgres-operator/token"
    answer = installed.call("POST", where, {"spec": {"expirationSeconds": 3600}})
    content = yaml.safe_load(apiserver.kubeconfig("admin").read_text())
    content["users"][0]["user"] = {"token": answer["status"]["token"]}
    file = tmp_path_factory.mktemp("account") / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.fixture(scope="module")
def access(kubeconfig: Path) -> client.Configuration:
    configuration = client.Configuration()
    config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    return configuration


@pytest.fixture
def api(access: client.Configuration) -> Iterator[Api]:
    opened = Api(access)
    yield opened
    opened.close()


# --------------------------------------------------------------------------------------- rights


def test_the_account_may_register_definitions_and_finds_them_right(api: Api) -> None:
    crds.register(api, categories=["all"])
    assert crds.register(api, categories=["all"]) == []


def test_a_changed_definition_is_corrected(api: Api, installed: Kube) -> None:
    name = "postgresteams.acid.zalan.do"
    installed.merge(
        "CustomResourceDefinition",
        None,
        name,
        {"spec": {"names": {"shortNames": ["other"], "categories": ["mine"]}}},
    )
    assert crds.register(api, categories=["all"]) == [name]
    found = installed.get("CustomResourceDefinition", None, name)
    assert found is not None
    assert found["spec"]["names"]["shortNames"] == ["pgteam"]


def test_definitions_are_used_as_they_are_without_the_right_to_write_them(
    api: Api, installed: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "postgresteams.acid.zalan.do"
    names = {"spec": {"names": {"shortNames": ["pgteam", "other"]}}}
    installed.merge("CustomResourceDefinition", None, name, names)
    send = api.send

    def refuse(method: str, path: str, **given: Any) -> Object:
        if method != "GET":
            raise Forbidden(f"{method} {path}")
        return send(method, path, **given)

    with monkeypatch.context() as patched:
        patched.setattr(api, "send", refuse)
        assert crds.register(api, categories=["all"]) == []
    assert crds.register(api, categories=["all"]) == [name]


def test_the_account_may_hold_the_lease(api: Api) -> None:
    lease = Lease(api, namespace=NAMESPACE, name="try", identity="a")
    assert lease.attempt()
    assert lease.attempt()
    lease.release()


def test_the_account_may_bind_the_role_of_pods(
    access: client.Configuration, namespace: str
) -> None:
    binding = {
        "apiVersion": ROLES.removeprefix("apis/"),
        "kind": "RoleBinding",
        "metadata": {"name": "postgres-pod", "namespace": namespace},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "postgres-pod",
        },
        "subjects": [{"kind": "ServiceAccount", "name": "postgres-pod", "namespace": namespace}],
    }
    assert OperatorsKube(access).create(binding)["metadata"]["name"] == "postgres-pod"


@pytest.mark.parametrize(
    "path",
    [
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        "/apis/batch/v1/jobs",
        "/apis/acid.zalan.do/v1/operatorconfigurations",
    ],
)
def test_the_account_may_not_look_at_everything(api: Api, path: str) -> None:
    with pytest.raises(Forbidden):
        api.get(path)


# ---------------------------------------------------------------------------------- manifests


def kubectl(apiserver: Plane, *words: str | Path) -> str:
    program = binaries.ensure(print) / "kubectl"
    kubeconfig = f"--kubeconfig={apiserver.kubeconfig('admin')}"
    done = subprocess.run([program, kubeconfig, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_server_accepts_all_manifests(apiserver: Plane, installed: Kube) -> None:
    words = ["apply", "--server-side", "--dry-run=server", "--force-conflicts", "-k"]
    answer = kubectl(apiserver, *words, KUSTOMIZE)
    assert "deployment.apps/postgres-operator" in answer


def test_an_overlay_moves_all_to_another_namespace(apiserver: Plane, tmp_path: Path) -> None:
    overlay = {
        "namespace": "mine",
        "resources": [os.path.relpath(KUSTOMIZE, tmp_path)],
        "images": [{"name": "matriarch/operator", "newName": "example/operator", "newTag": "1"}],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    built = list(yaml.safe_load_all(kubectl(apiserver, "kustomize", tmp_path)))
    names = {each["metadata"]["namespace"] for each in built if "namespace" in each["metadata"]}
    [binding] = [each for each in built if each["kind"] == "ClusterRoleBinding"]
    [deployment] = [each for each in built if each["kind"] == "Deployment"]
    assert names == {"mine"}
    assert binding["subjects"][0]["namespace"] == "mine"
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "example/operator:1"


def test_operator_and_temporal_can_be_installed_together(apiserver: Plane) -> None:
    built = yaml.safe_load_all(kubectl(apiserver, "kustomize", KUSTOMIZE.parent / "default"))
    names = [f"{each['kind']}/{each['metadata']['name']}" for each in built]
    assert {"Deployment/postgres-operator", "Deployment/temporal", "Service/temporal"} <= {*names}


# -------------------------------------------------------------------------------------- program


@pytest.fixture(scope="module")
def temporal() -> Iterator[DevServer]:
    server = DevServer()
    server.start()
    yield server
    server.stop()


class Operator:
    """`python -m matriarch` in a process of its own."""

    def __init__(self, command: str, environment: dict[str, str], *, port: int, log: Path) -> None:
        self.log = log
        self._port = port
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "matriarch", command, "-outofcluster"],
                env=environment,
                stdout=output,
                stderr=output,
            )

    def get(self, path: str) -> tuple[int, str]:
        """Status 0 means that nobody answers."""
        url = f"http://127.0.0.1:{self._port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def until_ready(self) -> None:
        until(lambda: self.get("/readyz")[0] == 200, says=self.log.read_text())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)


Start = Callable[..., Operator]


@pytest.fixture
def start(
    installed: Kube, kubeconfig: Path, temporal: DevServer, namespace: str, tmp_path: Path
) -> Iterator[Start]:
    started: list[Operator] = []

    def new(command: str = "operator", **environment: str) -> Operator:
        [port] = free_ports(1)
        name = f"operator-{port}"
        data = {"api_port": str(port), "watched_namespace": namespace}
        installed.create(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"namespace": NAMESPACE, "name": name},
                "data": data,
            }
        )
        told = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(kubeconfig),
            "OPERATOR_NAMESPACE": NAMESPACE,
            "CONFIG_MAP_NAME": name,
            "CONTROLLER_ID": namespace,  # a Lease for each test
            "TEMPORAL_ADDRESS": temporal.address,
            **environment,
        }
        started.append(Operator(command, told, port=port, log=tmp_path / f"{name}.log"))
        return started[-1]

    yield new
    for operator in started:
        operator.process.kill()
        operator.process.wait()


def ours(namespace: str, name: str) -> Object:
    return cluster(namespace, name, annotations={"acid.zalan.do/controller": namespace})


def status_word(kube: Kube, namespace: str, name: str) -> Any:
    found = kube.get("postgresql", namespace, name) or {}
    return found.get("status", {}).get("PostgresClusterStatus")


def test_a_resource_becomes_objects_and_a_status(
    installed: Kube, start: Start, namespace: str
) -> None:
    operator = start()
    operator.until_ready()
    installed.create(ours(namespace, "acid-a"))
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"), says=operator.log.read_text())
    until(lambda: status_word(installed, namespace, "acid-a") == "Creating")


def test_a_deleted_resource_takes_its_objects_along(
    installed: Kube, start: Start, namespace: str
) -> None:
    operator = start()
    operator.until_ready()
    installed.create(ours(namespace, "acid-a"))
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"))
    installed.delete("postgresql", namespace, "acid-a")
    kinds = ("StatefulSet", "Service", "Secret", "PodDisruptionBudget")
    until(lambda: not any(installed.list(kind, namespace) for kind in kinds))
    assert "Forbidden" not in operator.log.read_text()


def test_watcher_and_worker_can_run_apart(installed: Kube, start: Start, namespace: str) -> None:
    watcher, worker = start("watcher"), start("worker")
    installed.create(ours(namespace, "acid-a"))
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"))
    assert (watcher.stop(), worker.stop()) == (0, 0)


def test_no_password_stands_in_the_log(installed: Kube, start: Start, namespace: str) -> None:
    operator = start()
    operator.until_ready()
    installed.create(ours(namespace, "acid-a"))
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"))
    coded = [secret["data"]["password"] for secret in installed.list("Secret", namespace)]
    log = operator.log.read_text()
    assert coded
    assert [text for text in coded if base64.b64decode(text).decode() in log] == []


def test_it_ends_cleanly_and_hands_the_lease_back(
    installed: Kube, start: Start, namespace: str
) -> None:
    operator = start()
    operator.until_ready()
    lease = f"postgres-operator-{namespace}"
    until(lambda: installed.get("Lease", NAMESPACE, lease))
    assert operator.stop() == 0, operator.log.read_text()
    found = installed.get("Lease", NAMESPACE, lease)
    assert found is not None
    assert found["spec"].get("holderIdentity", "") == ""


def test_it_can_be_stopped_while_it_waits_for_temporal(start: Start) -> None:
    operator = start(TEMPORAL_ADDRESS="127.0.0.1:1")
    until(lambda: "waiting for Temporal" in operator.get("/readyz")[1])
    assert operator.get("/readyz")[0] == 503
    assert operator.get("/livez")[0] == 200
    assert operator.stop() == 0


def test_it_goes_on_after_temporal_lost_its_store(
    installed: Kube, start: Start, temporal: DevServer, namespace: str
) -> None:
    operator = start()
    operator.until_ready()
    installed.create(ours(namespace, "acid-a"))
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"))
    temporal.stop()
    until(lambda: operator.get("/readyz")[0] == 503)
    installed.create(ours(namespace, "acid-b"))
    installed.delete("Service", namespace, "acid-a")
    temporal.start()
    until(lambda: installed.get("StatefulSet", namespace, "acid-b"))
    until(lambda: installed.get("Service", namespace, "acid-a"))
    operator.until_ready()


def test_a_wrong_configuration_ends_it_with_a_sentence(installed: Kube, start: Start) -> None:
    operator = start(CONFIG_MAP_NAME="nowhere")
    assert operator.process.wait(timeout=30) == 2
    assert "nowhere" in operator.log.read_text()


def test_an_idle_operator_writes_nothing(
    installed: Kube, start: Start, audit: Audit, namespace: str
) -> None:
    start().until_ready()
    user = f"system:serviceaccount:{NAMESPACE}:postgres-operator"
    assert audit.writes(user=user, namespace=namespace) == []
