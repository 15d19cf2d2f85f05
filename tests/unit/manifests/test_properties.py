"""What holds for every valid resource under every valid configuration."""

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from activities.kube import drift, keep
from activities.manifests import (
    logical_backup,
    patroni_objects,
    pooler_deployment,
    pooler_secret,
    pooler_service,
    secrets,
)
from activities.manifests.inputs import PodEnvironment
from tests.unit.manifests import desired
from tests.unit.manifests.defaulted import defaulted
from tests.unit.manifests.generated import configurations, keys, specs, texts
from tests.unit.manifests.inputs import Object, cluster
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

environments = st.builds(
    PodEnvironment,
    secret_keys=st.lists(keys, max_size=3, unique=True),
    config_map=st.dictionaries(keys, texts, max_size=3),
)
# what is no matter of the pods: roles, databases, services, poolers, backups, times, size
ASIDE = (
    "allowedSourceRanges",
    "connectionPooler",
    "databases",
    "enableConnectionPooler",
    "enableLogicalBackup",
    "enableMasterLoadBalancer",
    "enableMasterNodePort",
    "enableReplicaConnectionPooler",
    "enableReplicaLoadBalancer",
    "logicalBackupRetention",
    "logicalBackupSchedule",
    "maintenanceWindows",
    "masterNodePort",
    "masterServiceAnnotations",
    "numberOfInstances",
    "preparedDatabases",
    "replicaServiceAnnotations",
    "serviceAnnotations",
    "streams",
    "users",
    "usersIgnoringSecretRotation",
    "usersWithInPlaceSecretRotation",
    "usersWithSecretRotation",
)


def configured(configuration: Object) -> Configuration:
    return Configuration.from_object({"configuration": configuration}, operator_namespace="ops")


def built(of: Postgresql, under: Configuration, environment: PodEnvironment) -> list[Object]:
    """Every object there is a builder for; the StatefulSet comes last."""
    given: Object = {"cluster": of, "configuration": under}
    return [
        secrets.build(**given, user="u", password="p"),
        *_on_demand(of, under),
        logical_backup.build(**given, secret_keys=["K"]),
        *desired.objects(**given, environment=environment),
    ]


def _on_demand(of: Postgresql, under: Configuration) -> Iterator[Object]:
    given: Object = {"cluster": of, "configuration": under}
    for role in Role:
        yield pooler_service.build(**given, role=role)
        yield pooler_deployment.build(**given, role=role, infrastructure=["b", "a"])
        yield pooler_secret.build(**given, role=role, password="p", infrastructure={"u": "q"})


@given(specs(), configurations(), environments)
def test_every_valid_input_makes_the_same_sound_objects_each_time(
    spec: Object, configuration: Object, environment: PodEnvironment
) -> None:
    of, under = cluster(**spec), configured(configuration)
    before = (of.model_dump_json(), under.model_dump_json())
    objects = [
        *patroni_objects.build(cluster=of, configuration=under),
        *built(of, under, environment),
    ]
    assert objects[-1] == built(of, under, environment)[-1]
    assert (of.model_dump_json(), under.model_dump_json()) == before
    assert json.loads(json.dumps(objects)) == objects
    for obj in objects:
        assert obj.keys() >= {"apiVersion", "kind", "metadata"}
        assert obj["metadata"]["namespace"] == "space"
    check_pod(objects[-1])


def check_pod(stateful_set: Object) -> None:
    """What server-side apply and the pod's validation demand of lists."""
    pod = stateful_set["spec"]["template"]["spec"]
    volumes = distinct(pod.get("volumes", []), "name")
    containers = distinct(pod["containers"], "name")
    assert containers[0] == "postgres"
    for container in pod["containers"]:
        distinct(container["volumeMounts"], "mountPath")
        distinct(container["env"], "name")
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted <= {"pgdata", *volumes}
        amounts = container.get("resources", {})
        limits, requests = (amounts.get(k, {}) for k in ("limits", "requests"))
        assert all(isinstance(v, str) for v in (*limits.values(), *requests.values()))


def distinct(items: list[Object], field: str) -> list[str]:
    found = [str(item[field]) for item in items]
    assert len(set(found)) == len(found)
    return found


@given(specs(), specs(), configurations())
def test_an_edit_that_is_taken_back_leaves_no_trace(
    spec: Object, other: Object, configuration: Object
) -> None:
    under = configured(configuration)
    before = built(cluster(**spec), under, PodEnvironment())
    built(cluster(**other), under, PodEnvironment())
    assert built(cluster(**spec), configured(configuration), PodEnvironment()) == before


@given(specs(), configurations(), environments)
def test_what_is_stored_as_it_was_built_is_not_written_again(
    spec: Object, configuration: Object, environment: PodEnvironment
) -> None:
    for obj in built(cluster(**spec), configured(configuration), environment):
        stored = defaulted(keep.sendable(obj))
        assert drift.difference(obj, stored) == []


@given(specs(), specs(), configurations())
def test_pods_stay_as_they_are_when_something_else_is_edited(
    spec: Object, other: Object, configuration: Object
) -> None:
    under = configured(configuration)
    edited = {field: value for field, value in spec.items() if field not in ASIDE}
    edited |= {field: value for field, value in other.items() if field in ASIDE}
    assert template(cluster(**spec), under) == template(cluster(**edited), under)


def template(of: Postgresql, under: Configuration) -> Object:
    built = desired.objects(cluster=of, configuration=under, environment=PodEnvironment())
    found: Object = built[-1]["spec"]["template"]
    return found
