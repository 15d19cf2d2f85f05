"""Applications behind connection poolers, with certificates of an authority of one's own."""

import itertools
import subprocess
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from tests.field import install
from tests.field.authority import Authority
from tests.field.cluster import Client, Cluster, manifest
from tests.field.kubectl import Kubectl, KubectlError, Manifest
from tests.field.platform import Platform
from tests.field.waiting import until
from tests.scenarios.conftest import Create

NAME = "acid-shop"
POOLERS = (f"{NAME}-pooler", f"{NAME}-pooler-repl")
SERVICES = (NAME, f"{NAME}-repl", *POOLERS)
TLS_SECRET = "shop-tls"
INSTANCES = 2
"""Of each pooler."""
POOLER_OBJECTS = "application=db-connection-pooler"
VERIFIED = "sslmode=verify-full sslrootcert=/tmp/ca.crt"
RECOVERY = "select pg_is_in_recovery()"


class Shop(Cluster):
    """A cluster of two with both poolers."""

    def __init__(self, kubectl: Kubectl, home: Path) -> None:
        super().__init__(kubectl, NAME)
        self.authority = Authority(home)
        self.hosts = {service: f"{service}.{kubectl.namespace}" for service in SERVICES}

    def start(self) -> None:
        self.renew_certificate()
        spec: dict[str, Any] = {
            "enableConnectionPooler": True,
            "enableReplicaConnectionPooler": True,
            "connectionPooler": {
                "numberOfInstances": INSTANCES,
                "resources": {"requests": {"cpu": "10m", "memory": "20Mi"}},
            },
            "tls": {"secretName": TLS_SECRET, "caFile": "ca.crt"},
        }
        self.kubectl.apply(manifest(NAME, instances=2, **spec))
        trust(self.kubectl, self.authority)
        self.until_running()
        self.until_streaming(1)

    def change(self, **spec: Any) -> None:
        self.kubectl.patch("postgresql", NAME, {"spec": spec})

    def renew_certificate(self) -> None:
        """As cert-manager does: other contents under the same name."""
        self.kubectl.apply(self.authority.secret(TLS_SECRET, list(self.hosts.values())))
        self.nudge_kubelets()

    def nudge_kubelets(self) -> None:
        """A kubelet looks at the Secrets of a pod once a minute, or when the pod changes."""
        for pod in [*self.pods(), *self.pooler_pods()]:
            name = pod["metadata"]["name"]
            self.kubectl("annotate", "pod", name, f"test/renewed={uuid.uuid4().hex}", "--overwrite")

    def pooler_pods(self) -> list[Manifest]:
        found = self.kubectl.list("pods", selector=POOLER_OBJECTS)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def settled_poolers(self) -> set[str]:
        """Uids of the pooler pods, once no Deployment exchanges any of them."""
        for pooler in POOLERS:
            self.kubectl("rollout", "status", f"deployment/{pooler}", "--timeout=120s", within=130)
        expected = len(POOLERS) * INSTANCES
        pods = until("no surplus pod", lambda: _exactly(expected, self.pooler_pods()), within=60)
        return {pod["metadata"]["uid"] for pod in pods}

    def ask(self, query: str, *, pooler: str = POOLERS[0], db: str = "orders") -> str:
        """Log in through a pooler as the application; empty when that fails."""
        try:
            return self.login(query, host=self.hosts[pooler], db=db, more=VERIFIED).strip()
        except KubectlError:
            return ""

    def console(self, query: str, *, pooler: str = POOLERS[0]) -> str:
        """PgBouncer's own console, as its administrator."""
        return self.login(query, host=self.hosts[pooler], user="pooler", db="pgbouncer").strip()

    def set_password(self, user: str, password: str) -> None:
        name = f"{user}.{NAME}.credentials.postgresql.acid.zalan.do"
        self.kubectl.patch("secret", name, {"stringData": {"password": password}})

    def serial(self, service: str) -> str:
        """The number of the certificate that is shown to clients."""
        shown = f"openssl s_client -starttls postgres -connect {self.hosts[service]}:5432"
        script = f"{shown} < /dev/null 2> /dev/null | openssl x509 -noout -serial"
        return self.kubectl.execute(Client.POD, "sh", "-c", script).strip()


class Session:
    """One connection of the application that stays open."""

    _END = "end-of-answer"

    def __init__(self, shop: Shop, host: str) -> None:
        target = f"host={host} user=shop dbname=orders {VERIFIED}"
        script = 'read -r PGPASSWORD; export PGPASSWORD; exec psql "$0" -XAtq'
        kubectl = shop.kubectl
        words = ["--kubeconfig", kubectl.kubeconfig, "--namespace", kubectl.namespace]
        command = ["exec", "--stdin", Client.POD, "--", "sh", "-c", script, target]
        self._running = subprocess.Popen(
            [kubectl.program, *words, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._send(shop.password("shop"))

    def ask(self, query: str) -> str:
        """What is printed; nothing when the query fails or the connection is gone."""
        self._send(f"{query};\n\\echo {self._END}")
        assert self._running.stdout is not None
        lines = iter(self._running.stdout.readline, "")
        return "\n".join(itertools.takewhile(self._END.__ne__, map(str.strip, lines)))

    def _send(self, line: str) -> None:
        assert self._running.stdin is not None
        self._running.stdin.write(f"{line}\n")
        self._running.stdin.flush()

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.communicate(timeout=30)


def trust(kubectl: Kubectl, authority: Authority) -> None:
    """Let the application know the authority; `VERIFIED` connections check against it."""
    Client(kubectl).start()
    words = ("sh", "-c", "cat > /tmp/ca.crt")
    kubectl.execute(Client.POD, *words, given=authority.certificate)


@pytest.fixture(scope="module")
def shop(
    platform: Platform,
    operator: install.Operator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    """One cluster for the whole module; each test leaves it serving."""
    namespace = f"pooler-{uuid.uuid4().hex[:6]}"
    platform.kubectl("create", "namespace", namespace)
    shop = Shop(platform.kubectl.within(namespace), tmp_path_factory.mktemp("authority"))
    shop.start()
    yield shop
    shop.kubectl.delete("postgresql", NAME)
    until("the cluster is gone", lambda: not shop.kubectl.list("postgresqls"), within=120)
    platform.kubectl.delete("namespace", namespace)


def test_an_application_logs_in_with_its_own_password_and_checks_the_certificate(
    shop: Shop,
) -> None:
    for pooler, recovery in zip(POOLERS, ("f", "t"), strict=True):
        answer = partial(shop.ask, f"select current_user; {RECOVERY}", pooler=pooler)
        until(f"a login through {pooler}", partial(_is, answer, f"shop\n{recovery}"))


def test_who_has_another_password_or_no_tls_is_refused(shop: Shop) -> None:
    until("a login", lambda: shop.ask("select 1") == "1")
    way = {"host": shop.hosts[POOLERS[0]], "user": "shop", "database": "orders"}
    with pytest.raises(KubectlError, match="authentication failed"):
        Client(shop.kubectl).psql("select 1", **way, password="not-the-one")
    with pytest.raises(KubectlError, match="SSL required"):
        shop.login("select 1", host=way["host"], more="sslmode=disable")


def test_transactions_are_pooled_and_sessions_when_asked_for(shop: Shop) -> None:
    def mode() -> str:
        columns = [line.split("|") for line in shop.console("show config").splitlines()]
        return next(row[1] for row in columns if row[0] == "pool_mode")

    shop.change(connectionPooler={"mode": "session"})
    until("pooling by session", partial(_is, mode, "session"), within=120)
    until("a login", lambda: shop.ask("select 1") == "1")
    shop.settled_poolers()
    with Session(shop, shop.hosts[POOLERS[0]]) as session:
        session.ask("create temp table mine as select 7 as number")
        assert session.ask("select number from mine") == "7"
    shop.change(connectionPooler={"mode": "transaction"})
    until("pooling by transaction", partial(_is, mode, "transaction"), within=120)
    until("a login", lambda: shop.ask("select 1") == "1")


def test_a_changed_password_is_the_one_that_counts(shop: Shop) -> None:
    shop.set_password("shop", f"new-{uuid.uuid4().hex}")
    for pooler in POOLERS:
        until(f"a login through {pooler}", partial(_asked, shop, "select 1", pooler))


def test_poolers_learn_a_new_password_of_their_own_role(shop: Shop) -> None:
    before = shop.settled_poolers()
    shop.set_password("pooler", f"new-{uuid.uuid4().hex}")
    until("new pooler pods", lambda: not shop.settled_poolers() & before, within=120)
    for pooler in POOLERS:
        until(f"a login through {pooler}", partial(_asked, shop, "select 1", pooler))


def test_new_databases_are_reached_whoever_made_them(shop: Shop) -> None:
    shop.change(databases={"invoices": "shop"})
    until("a login to invoices", partial(_asked, shop, "select 1", db="invoices"))
    shop.superuser("create database by_hand owner shop")
    for pooler in POOLERS:
        until("a login to by_hand", partial(_asked, shop, "select 1", pooler, db="by_hand"))


def test_a_renewed_certificate_is_shown_without_an_outage(shop: Shop) -> None:
    before = {service: shop.serial(service) for service in SERVICES}
    poolers = shop.settled_poolers()
    pods = poolers | {pod["metadata"]["uid"] for pod in shop.pods()}
    with Session(shop, shop.hosts[NAME]) as direct, Session(shop, shop.hosts[POOLERS[0]]) as pooled:
        assert (direct.ask("select 1"), pooled.ask("select 1")) == ("1", "1")
        shop.renew_certificate()
        for service in SERVICES:
            until(f"the new certificate of {service}", partial(_renewed, shop, before, service),
                  within=200)  # fmt: skip
        assert (direct.ask("select 2"), pooled.ask("select 2")) == ("2", "2")
    assert {pod["metadata"]["uid"] for pod in [*shop.pods(), *shop.pooler_pods()]} == pods
    assert shop.ask("select 3") == "3"


def test_after_a_failover_writes_reach_the_new_primary(shop: Shop) -> None:
    until("a table", lambda: shop.ask("create table item (id int); select 1") == "1")
    primary = shop.primary()
    shop.kubectl.delete("pod", primary)
    until("another primary", lambda: shop.primary() != primary)
    until("a write", lambda: shop.ask("insert into item values (1) returning id") == "1")
    shop.until_streaming(1)
    replica = partial(shop.ask, "select pg_is_in_recovery(), id from item", pooler=POOLERS[1])
    until("the row on the replica", partial(_is, replica, "t|1"))


@pytest.mark.full
def test_a_new_certificate_that_is_no_good_leaves_the_old_one_in_place(shop: Shop) -> None:
    before = {service: shop.serial(service) for service in SERVICES}
    shop.kubectl.patch("secret", TLS_SECRET, {"stringData": {"tls.crt": "rubbish"}})
    shop.nudge_kubelets()
    for pod in shop.pooler_pods():
        until("the refusal", partial(_refused, shop, pod["metadata"]["name"]), within=120)
    assert {service: shop.serial(service) for service in SERVICES} == before
    assert shop.ask("select 1") == "1"
    shop.renew_certificate()
    for service in SERVICES:
        until(f"a new certificate of {service}", partial(_renewed, shop, before, service),
              within=200)  # fmt: skip


@pytest.mark.full
def test_the_node_of_the_primary_loses_its_power(shop: Shop, platform: Platform) -> None:
    until("a table", lambda: shop.ask("create table note (id int); select 1") == "1")
    primary = shop.kubectl.get("pod", shop.primary())
    assert primary is not None
    node = str(primary["spec"]["nodeName"])
    shop.kubectl("cordon", node)
    shop.kubectl("delete", "pod", Client.POD, "--grace-period=0", "--force")
    trust(shop.kubectl, shop.authority)
    platform.node("stop", node)
    try:
        written = partial(shop.ask, "insert into note values (1) returning id")
        until("a write", partial(_is, written, "1"), within=180)
    finally:
        platform.node("start", node)
        shop.kubectl("uncordon", node)
    shop.until_streaming(1, within=240)


def test_poolers_that_are_switched_off_leave_nothing_but_the_function(shop: Shop) -> None:
    shop.change(enableConnectionPooler=False, enableReplicaConnectionPooler=False)
    kinds = ("deployments", "services", "secrets", "pods")

    def left() -> list[Manifest]:
        return [one for kind in kinds for one in shop.kubectl.list(kind, selector=POOLER_OBJECTS)]

    until("all of it is gone", lambda: not left(), within=120)
    assert (
        shop.superuser("select count(*) from pg_proc where proname = 'user_lookup'").strip() == "1"
    )
    assert shop.login("select 1", more=VERIFIED).strip() == "1"


@pytest.mark.full
@pytest.mark.parametrize("encryption", ["md5", "scram-sha-256"])
def test_names_of_ones_own_an_old_encryption_and_an_authority_in_a_secret_of_its_own(
    create: Create, kubectl: Kubectl, tmp_path: Path, encryption: str
) -> None:
    authority = Authority(tmp_path)
    host = f"acid-own-pooler.{kubectl.namespace}"
    served = authority.secret("served", [host, f"acid-own.{kubectl.namespace}"])
    known = {**served, "metadata": {"name": "known"}, "type": "Opaque"}
    kubectl.apply(served, {**known, "data": {"root.pem": served["data"]["ca.crt"]}})
    trust(kubectl, authority)
    cluster = create(
        "acid-own",
        postgresql={"version": "14", "parameters": {"password_encryption": encryption}},
        connectionPooler={
            "schema": "My-Pool",
            "user": "gate-keeper",
            "mode": "session",
            "numberOfInstances": 1,
        },
        tls={"secretName": "served", "caSecretName": "known", "caFile": "root.pem"},
    )
    cluster.until_running()
    query = partial(cluster.login, "select current_user", host=host, more=VERIFIED)
    until("a login", lambda: query().strip() == "shop")
    stored = cluster.superuser("select rolpassword from pg_authid where rolname = 'shop'")
    assert stored.lower().startswith(encryption)


def _exactly(number: int, pods: list[Manifest]) -> list[Manifest]:
    return pods if len(pods) == number else []


def _is(told: Any, wanted: str) -> bool:
    return bool(told() == wanted)


def _asked(shop: Shop, query: str, pooler: str = POOLERS[0], *, db: str = "orders") -> bool:
    return shop.ask(query, pooler=pooler, db=db) != ""


def _refused(shop: Shop, pod: str) -> bool:
    return "keeping old configuration" in shop.kubectl("logs", pod)


def _renewed(shop: Shop, before: dict[str, str], service: str) -> bool:
    return shop.serial(service) not in ("", before[service])
