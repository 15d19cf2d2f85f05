"""What people change by hand, or in the operator's configuration, reaches a running cluster."""

import base64
from collections.abc import Callable

from tests.field.cluster import SECRET, Client, Cluster
from tests.field.install import Operator
from tests.field.kubectl import KubectlError
from tests.field.waiting import until
from tests.scenarios.conftest import Create

NEW = "a-password-set-by-hand"


def test_a_configuration_reaches_a_running_cluster_and_a_bad_one_does_not(
    create: Create, operator: Operator
) -> None:
    cluster = create()
    cluster.until_running()
    pod = operator.pod()["metadata"]["uid"]
    with operator.configured(custom_service_annotations="owner:shop"):
        until("the annotation", lambda: owner(cluster) == "shop")
        with operator.configured(workers="many"):
            refused = until("the condition", lambda: cluster.conditions().get("Configuration"))
            assert "data.workers" in refused["message"]
            until("the event", lambda: warnings(operator))
            assert owner(cluster) == "shop"
        until("the condition to go", lambda: "Configuration" not in cluster.conditions())
    until("the annotation to go", lambda: owner(cluster) == "")
    assert operator.pod()["metadata"]["uid"] == pod, "the operator was restarted"


def test_what_is_done_to_a_clusters_objects_by_hand_is_taken_up_or_put_right(
    create: Create, operator: Operator
) -> None:
    cluster = create()
    cluster.until_running()
    set_password(cluster, NEW)
    until("the login with the new password", lambda: logs_in(cluster, NEW))
    before = uid(cluster)
    cluster.kubectl.delete("service", f"{cluster.name}-repl")
    until("a new service", lambda: uid(cluster) not in ("", before))
    until("all to be done", all_idle(operator))
    cluster.until_running()


def test_the_api_shows_clusters_and_masks_secrets(create: Create, operator: Operator) -> None:
    cluster = create()
    cluster.until_running()
    namespace = cluster.kubectl.namespace
    assert cluster.name in operator.page("/clusters/")["acid"]
    shown = operator.page(f"/clusters/{namespace}/{cluster.name}/")
    assert shown["Status"]["PostgresClusterStatus"] == "Running"
    history = f"/clusters/{namespace}/{cluster.name}/history/"
    until("a history", lambda: operator.page(history))
    with operator.configured(logical_backup_s3_secret_access_key="a-key-of-the-cloud"):
        pages = [operator.page("/config/"), shown]
        assert pages[0]["operator"]["LogicalBackupS3SecretAccessKey"] == "*****"
    for secret in ("a-key-of-the-cloud", cluster.password("shop"), cluster.password("postgres")):
        assert secret not in str(pages)


def owner(cluster: Cluster) -> str:
    service = cluster.kubectl.get("service", cluster.name) or {"metadata": {}}
    return str((service["metadata"].get("annotations") or {}).get("owner", ""))


def uid(cluster: Cluster) -> str:
    service = cluster.kubectl.get("service", f"{cluster.name}-repl") or {"metadata": {"uid": ""}}
    return str(service["metadata"]["uid"])


def warnings(operator: Operator) -> list[str]:
    return [
        event["message"]
        for event in operator.kubectl.list("events")
        if event["involvedObject"].get("kind") == "ConfigMap" and event["type"] == "Warning"
    ]


def set_password(cluster: Cluster, password: str) -> None:
    """As `kubectl edit secret` does."""
    coded = base64.b64encode(password.encode()).decode()
    name = SECRET.format(user="shop", cluster=cluster.name)
    cluster.kubectl.patch("secret", name, {"data": {"password": coded}})


def logs_in(cluster: Cluster, password: str) -> bool:
    host = f"{cluster.name}.{cluster.kubectl.namespace}"
    try:
        Client(cluster.kubectl).psql(
            "select 1", host=host, user="shop", database="orders", password=password
        )
    except KubectlError:
        return False
    return True


def all_idle(operator: Operator) -> Callable[[], bool]:
    def idle() -> bool:
        found = operator.page("/workers/all/status/")
        return {"idle"} == set(map(str, found.values()))

    return idle
