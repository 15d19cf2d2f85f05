"""Child objects on the whole platform: switched on and off, changed by others, and what they do."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml

from tests.apiserver.conftest import DEFINITION
from tests.field import install
from tests.field.cluster import Cluster
from tests.field.kubectl import Manifest
from tests.field.platform import Platform
from tests.field.waiting import until
from tests.scenarios.conftest import Create

STREAM = "fes_orders_my_app"
SLOT = f"select count(*) from pg_replication_slots where slot_name = '{STREAM}'"
PUBLICATION = f"select count(*) from pg_publication_tables where pubname = '{STREAM}'"


@contextmanager
def stopped(operator: install.Operator) -> Iterator[None]:
    """Nobody looks after clusters for a while."""
    deployment = "deployment/postgres-operator"
    operator.kubectl("scale", deployment, "--replicas=0")
    until("no operator", lambda: not operator.pods())
    try:
        yield
    finally:
        operator.kubectl("scale", deployment, "--replicas=1")
        operator.until_ready()


def edit(cluster: Cluster, **spec: object) -> None:
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": spec})


def left(cluster: Cluster) -> list[str]:
    """What is there of the pooler and of backups."""
    pooler = f"{cluster.name}-pooler"
    places = (
        ("deployment", pooler),
        ("service", pooler),
        ("secret", f"{pooler}-u"),
        ("secret", f"pooler.{cluster.name}.credentials.postgresql.acid.zalan.do"),
        ("cronjob", f"logical-backup-{cluster.name}"),
    )
    return [f"{kind}/{name}" for kind, name in places if cluster.kubectl.get(kind, name)]


def test_what_is_switched_off_while_no_operator_runs_is_removed(
    create: Create, operator: install.Operator
) -> None:
    cluster = create(enableConnectionPooler=True, enableLogicalBackup=True)
    cluster.until_running()
    pooler = f"{cluster.name}-pooler"
    host = f"{pooler}.{cluster.kubectl.namespace}"
    until("a query through the pooler", lambda: cluster.login("select 1", host=host))
    with stopped(operator):
        edit(cluster, enableConnectionPooler=False, enableLogicalBackup=False)
    until("only what is wanted", lambda: not left(cluster))
    cluster.until_running()


def test_a_new_password_of_the_poolers_role_renews_its_pods_and_users_still_log_in(
    create: Create,
) -> None:
    cluster = create(enableConnectionPooler=True)
    cluster.until_running()
    pooler = f"{cluster.name}-pooler"
    host = f"{pooler}.{cluster.kubectl.namespace}"
    until("a query through the pooler", lambda: cluster.login("select 1", host=host))
    before = pods_of(cluster, pooler)
    name = f"pooler.{cluster.name}.credentials.postgresql.acid.zalan.do"
    cluster.kubectl.patch("secret", name, {"stringData": {"password": "another-long-password"}})
    until(
        "new pooler pods", lambda: ready(cluster, pooler) and not before & pods_of(cluster, pooler)
    )
    until("a query through the new pods", lambda: cluster.login("select 1", host=host))


def pods_of(cluster: Cluster, pooler: str) -> set[str]:
    found = cluster.kubectl.list("pods", selector=f"connection-pooler={pooler}")
    return {pod["metadata"]["uid"] for pod in found}


def ready(cluster: Cluster, pooler: str) -> bool:
    deployment = cluster.kubectl.get("deployment", pooler)
    return bool(deployment and deployment["status"].get("readyReplicas") == 2)


def test_inherited_annotations_reach_running_pods_and_patronis_objects_and_stay(
    create: Create, operator: install.Operator
) -> None:
    with operator.configured(inherited_annotations="owned-by"):
        cluster = create()
        cluster.until_running()
        uids = {pod["metadata"]["uid"] for pod in cluster.pods()}
        annotate(cluster, "owned-by=crew")
        until("annotations", lambda: marked(cluster) == {"crew"})
        cluster.superuser("select pg_switch_wal()")
        cluster.until_running()
        assert marked(cluster) == {"crew"}
        assert {pod["metadata"]["uid"] for pod in cluster.pods()} == uids
        annotate(cluster, "owned-by-")
        until("no annotations", lambda: marked(cluster) == {None})


def annotate(cluster: Cluster, change: str) -> None:
    cluster.kubectl("annotate", "--overwrite", "postgresql", cluster.name, change)


def marked(cluster: Cluster) -> set[str | None]:
    found: list[Manifest | None] = [
        cluster.kubectl.get("configmap", f"{cluster.name}-config"),
        cluster.kubectl.get("configmap", f"{cluster.name}-leader"),
        cluster.kubectl.get("pod", f"{cluster.name}-0"),
        cluster.kubectl.get("pvc", f"pgdata-{cluster.name}-0"),
        cluster.kubectl.get("service", cluster.name),
    ]
    return {(one["metadata"].get("annotations") or {}).get("owned-by") for one in found if one}


@pytest.fixture
def streams(platform: Platform) -> Iterator[None]:
    """The definition that another operator brings along."""
    definition = yaml.safe_load(DEFINITION.read_text())
    platform.kubectl.apply(definition)
    yield
    platform.kubectl.delete("customresourcedefinition", definition["metadata"]["name"])


def test_an_event_stream_gets_publication_slot_and_object_and_loses_them(
    create: Create, streams: None
) -> None:
    cluster = create()
    cluster.until_running()
    cluster.login("create table item (id int primary key)")
    table = {"public.item": {"eventType": "item.created"}}
    edit(cluster, streams=[{"applicationId": "my-app", "database": "orders", "tables": table}])
    until("a slot", lambda: counted(cluster, SLOT) == 1, within=180)
    assert counted(cluster, PUBLICATION) == 1
    until("an object", lambda: len(cluster.kubectl.list("fabriceventstreams")) == 1)
    cluster.until_running()
    edit(cluster, streams=[])
    until("no slot", lambda: counted(cluster, SLOT) == 0, within=120)
    until("no publication", lambda: counted(cluster, PUBLICATION) == 0)
    until("no object", lambda: not cluster.kubectl.list("fabriceventstreams"))
    cluster.until_running()


def counted(cluster: Cluster, query: str) -> int:
    return int(cluster.superuser(query, database="orders"))
