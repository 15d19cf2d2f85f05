"""The program as it is started in a pod, with the rights it has there; only nodes are missing."""

import base64
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

from activities.kube.client import Kube as OperatorsKube
from matriarch import crds
from tests.apiserver.audit import Audit
from tests.apiserver.installing import for_one_namespace, for_the_whole_cluster, let_in
from tests.apiserver.kube import Kube, Object
from tests.apiserver.plane import Plane, free_ports
from tests.apiserver.test_watcher import cluster
from tests.devcluster import binaries
from tests.unit.matriarch.dev_server import DevServer
from tests.unit.matriarch.test_metrics import parsed
from tests.unit.watcher.waiting import until
from watcher.api import Api
from watcher.lease import Lease
from workflows.model.errors import Forbidden

KUSTOMIZE = Path(__file__).parents[2] / "deploy" / "kustomize" / "operator"
NAMESPACE = "postgres-operator"
ROLES = "apis/rbac.authorization.k8s.io/v1"


@pytest.fixture(scope="module")
def installed(kube: Kube) -> Kube:
    """Namespace, ServiceAccount, roles and bindings as `deploy/` has them."""
    for_the_whole_cluster(kube, NAMESPACE)
    return kube


@pytest.fixture(scope="module")
def kubeconfig(apiserver: Plane, installed: Kube, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lets in as the operator's ServiceAccount."""
    file = tmp_path_factory.mktemp("account") / "kubeconfig"
    return let_in(apiserver, installed, namespace=NAMESPACE, file=file)


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
        "/apis/apps/v1/replicasets",
        "/apis/apps/v1/daemonsets",
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


def test_it_can_be_installed_by_who_has_rights_in_one_namespace_only(apiserver: Plane) -> None:
    folder = KUSTOMIZE.parent / "operator-namespaced"
    built = list(yaml.safe_load_all(kubectl(apiserver, "kustomize", folder)))
    assert {each["metadata"].get("namespace") for each in built} == {NAMESPACE}
    assert {each["kind"] for each in built} == {
        "ConfigMap",
        "Deployment",
        "Role",
        "RoleBinding",
        "Service",
        "ServiceAccount",
    }


# -------------------------------------------------------------------------------------- program


@pytest.fixture(scope="module")
def temporal() -> Iterator[DevServer]:
    server = DevServer()
    server.start()
    yield server
    server.stop()


class Operator:
    """`python -m matriarch` in a process of its own."""

    def __init__(
        self, command: str, environment: dict[str, str], *, kube: Kube, port: int, log: Path
    ) -> None:
        self.log = log
        self.configuration = environment["CONFIG_MAP_NAME"]
        self._kube = kube
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

    def configure(self, **parameters: str) -> None:
        self._kube.merge("ConfigMap", NAMESPACE, self.configuration, {"data": parameters})

    def looks(self) -> float:
        """How many it has taken."""
        steps = parsed(self.get("/metrics")[1]).get("matriarch_steps_total", {})
        return sum(count for labels, count in steps.items() if "cluster.observe" in labels)

    def json(self, path: str) -> Any:
        """What a page says; nothing while nobody answers."""
        status, text = self.get(path)
        return json.loads(text) if status else None

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

    def new(
        command: str = "operator",
        parameters: Mapping[str, str] | None = None,
        home: str = NAMESPACE,
        **environment: str,
    ) -> Operator:
        [port] = free_ports(1)
        name = f"operator-{uuid.uuid4().hex[:8]}"
        data = {"api_port": str(port), "watched_namespace": namespace, **(parameters or {})}
        installed.create(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"namespace": home, "name": name},
                "data": data,
            }
        )
        told = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(kubeconfig),
            "OPERATOR_NAMESPACE": home,
            "CONFIG_MAP_NAME": name,
            "CONTROLLER_ID": namespace,  # a Lease for each test
            "TEMPORAL_ADDRESS": temporal.address,
            **environment,
        }
        log = tmp_path / f"{name}.log"
        started.append(Operator(command, told, kube=installed, port=port, log=log))
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


def warnings(kube: Kube, operator: Operator) -> list[str]:
    """Reasons of warning events on the operator's ConfigMap."""
    return [
        event["reason"]
        for event in kube.list("Event", NAMESPACE)
        if event["involvedObject"]["name"] == operator.configuration and event["type"] == "Warning"
    ]


def uid(kube: Kube, namespace: str, service: str) -> str:
    found = kube.get("Service", namespace, service) or {"metadata": {"uid": ""}}
    return str(found["metadata"]["uid"])


def owner(kube: Kube, namespace: str, service: str) -> str | None:
    """An annotation that only the configuration of a test sets."""
    found = kube.get("Service", namespace, service) or {"metadata": {}}
    return (found["metadata"].get("annotations") or {}).get("owner")


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


def test_without_a_usable_configuration_it_waits_and_touches_nothing_until_there_is_one(
    installed: Kube, start: Start, namespace: str
) -> None:
    installed.create(ours(namespace, "acid-a"))
    operator = start(parameters={"workers": "none"})
    until(lambda: "no clusters are looked after" in operator.log.read_text())
    assert "data.workers" in operator.log.read_text()
    assert warnings(installed, operator) == ["Configuration"]
    assert installed.get("StatefulSet", namespace, "acid-a") is None
    operator.configure(workers="2")
    operator.until_ready()
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"))


def test_a_change_of_the_configuration_reaches_a_cluster_without_a_restart(
    installed: Kube, start: Start, namespace: str
) -> None:
    operator = start()
    operator.until_ready()
    installed.create(ours(namespace, "acid-a"))
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"))
    operator.configure(custom_service_annotations="owner:shop")
    until(lambda: owner(installed, namespace, "acid-a") == "shop")
    operator.configure(workers="none")
    until(lambda: "data.workers" in operator.get("/status")[1])
    assert operator.get("/readyz")[0] == 200


def test_another_namespace_is_watched_as_soon_as_the_configuration_names_it(
    installed: Kube, start: Start, namespace: str
) -> None:
    operator = start(parameters={"watched_namespace": NAMESPACE})
    operator.until_ready()
    installed.create(ours(namespace, "acid-a"))
    operator.configure(watched_namespace=f"{NAMESPACE},{namespace}")
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"))


def test_it_works_with_rights_in_one_namespace_only(
    apiserver: Plane, installed: Kube, start: Start, namespace: str, tmp_path: Path
) -> None:
    data = for_one_namespace(installed, namespace).data
    file = let_in(apiserver, installed, namespace=namespace, file=tmp_path / "kubeconfig")
    operator = start(parameters=data, home=namespace, KUBECONFIG=str(file))
    operator.until_ready()
    installed.create(ours(namespace, "acid-a"))
    until(lambda: status_word(installed, namespace, "acid-a") == "Creating")
    until(lambda: installed.get("StatefulSet", namespace, "acid-a"), says=operator.log.read_text())
    assert operator.json("/status")["watcher"]["trouble"] == ""
    # entities that earlier tests left in this Temporal ask for their own namespaces
    assert f'in the namespace "{namespace}" (403)' not in operator.log.read_text()


def test_what_somebody_deletes_is_put_back_at_once(
    installed: Kube, start: Start, namespace: str
) -> None:
    operator = start()
    operator.until_ready()
    at_rest = ours(namespace, "acid-a")
    at_rest["spec"]["numberOfInstances"] = 0
    installed.create(at_rest)
    until(lambda: status_word(installed, namespace, "acid-a") == "Running")
    before = uid(installed, namespace, "acid-a-repl")
    installed.delete("Service", namespace, "acid-a-repl")
    until(lambda: uid(installed, namespace, "acid-a-repl") not in ("", before))


def test_the_api_is_idle_only_when_nothing_is_left_to_do(
    installed: Kube, start: Start, namespace: str
) -> None:
    operator = start(parameters={"workers": "1"})
    until(lambda: operator.json("/workers/all/status/") == {"0": "idle"})
    at_rest = ours(namespace, "acid-a")
    at_rest["spec"]["numberOfInstances"] = 0
    installed.create(at_rest)
    assert operator.json("/workers/all/status/")["0"]["CurrentCluster"] == {
        "Namespace": namespace,
        "Name": "acid-a",
    }
    until(lambda: operator.json("/workers/0/status/") == "idle")
    assert status_word(installed, namespace, "acid-a") == "Running"
    wish = {"metadata": {"annotations": {"matriarch.dev/sync-requested": "1"}}}
    looks = operator.looks()
    installed.merge("postgresql", namespace, "acid-a", wish)
    idle = operator.json("/workers/all/status") == {"0": "idle"}
    assert not idle or operator.looks() > looks
    until(lambda: operator.json("/workers/all/status") == {"0": "idle"})


def test_the_api_shows_clusters_and_no_secrets(
    installed: Kube, start: Start, namespace: str
) -> None:
    operator = start(parameters={"logical_backup_s3_secret_access_key": "very-secret-key"})
    operator.until_ready()
    at_rest = ours(namespace, "acid-a")
    at_rest["spec"] |= {"numberOfInstances": 0, "databases": {"orders": "shop"}}
    installed.create(at_rest)
    until(lambda: status_word(installed, namespace, "acid-a") == "Running")
    assert operator.json("/clusters/") == {"acid": ["acid-a"]}
    assert operator.json("/clusters/acid/") == ["acid-a"]
    assert operator.json("/databases/") == {"acid-a": ["orders"]}
    shown = operator.json(f"/clusters/{namespace}/acid-a/")
    assert shown["Status"]["PostgresClusterStatus"] == "Running"
    assert shown["StatefulSet"]["spec"]["replicas"] == 0
    config = operator.json("/config/")
    assert config["operator"]["LogicalBackupS3SecretAccessKey"] == "*****"
    until(lambda: operator.json(f"/clusters/{namespace}/acid-a/history/"))
    assert operator.json(f"/clusters/{namespace}/acid-a/logs/")[0]["Message"] == "1-create: begun"
    assert operator.get("/clusters/nobody/")[0] == 500


def test_metrics_tell_what_was_done(installed: Kube, start: Start, namespace: str) -> None:
    operator = start()
    operator.until_ready()
    at_rest = ours(namespace, "acid-a")
    at_rest["spec"]["numberOfInstances"] = 0
    installed.create(at_rest)
    until(lambda: status_word(installed, namespace, "acid-a") == "Running")
    until(lambda: "outcome" in operator.get("/metrics")[1])
    figures = parsed(operator.get("/metrics")[1])
    assert figures["matriarch_operations_ended_total"]["create", "succeeded"] >= 1.0
    assert figures["matriarch_leader"] == {(): 1.0}
    assert figures["matriarch_watched_clusters"] == {(): 1.0}
    assert figures["matriarch_kubernetes_requests_total"]["apply", "StatefulSet"] >= 1


def test_an_idle_operator_writes_nothing(
    installed: Kube, start: Start, audit: Audit, namespace: str
) -> None:
    start().until_ready()
    user = f"system:serviceaccount:{NAMESPACE}:postgres-operator"
    assert audit.writes(user=user, namespace=namespace) == []
