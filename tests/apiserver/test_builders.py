"""What a real API server makes of the builders' objects is what was captured of Zalando's.

No defaults are filled in by the test here, as in the unit tests: it proves those right, too.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from activities.kube import drift, keep
from activities.manifests import (
    logical_backup,
    pooler,
    pooler_deployment,
    pooler_service,
    secrets,
)
from activities.manifests.inputs import PodEnvironment
from tests.apiserver.golden.normal import Normal
from tests.apiserver.kube import ApiError, Kube
from tests.unit.manifests import desired
from tests.unit.manifests.captured import Object, Stage, stages
from tests.unit.manifests.generated import configurations, specs
from tests.unit.manifests.inputs import cluster
from workflows.model.configuration import Configuration
from workflows.model.names import Role

MANAGER = "postgres-operator"
STAGES = list(stages())


def objects(stage: Stage) -> list[Object]:
    """Everything built for a stage, with the Secrets that were captured."""
    cluster, configuration = stage.cluster, stage.configuration
    users = [
        obj["data"]["username"]
        for obj in stage.of_kind("Secret").values()
        if "username" in obj["data"]
    ]
    return [
        *(
            secrets.build(
                cluster=cluster, configuration=configuration, user=user, password="x" * 64
            )
            for user in users
        ),
        *desired.objects(
            cluster=cluster, configuration=configuration, environment=stage.environment
        ),
        *_on_demand(stage),
    ]


def _on_demand(stage: Stage) -> Iterator[Object]:
    given: Object = {"cluster": stage.cluster, "configuration": stage.configuration}
    if pooler.wanted(stage.cluster, Role.MASTER):
        yield pooler_service.build(**given, role=Role.MASTER)
        yield pooler_deployment.build(**given, role=Role.MASTER)
    if stage.cluster.spec.enable_logical_backup:
        yield logical_backup.build(**given, secret_keys=stage.backup_keys)


@pytest.fixture(scope="session", autouse=True)
def case_namespaces(kube: Kube) -> None:
    for name in sorted({stage.case.name for stage in STAGES}):
        kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_stored_as_captured(kube: Kube, stage: Stage) -> None:
    normal = Normal(stage.case.text)
    for obj in objects(stage):
        stored = kube.apply(obj, manager=MANAGER)
        expected = stage.of_kind(obj["kind"])[obj["metadata"]["name"]]
        assert normal(stored) == expected


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_applying_the_same_again_changes_nothing(kube: Kube, stage: Stage) -> None:
    wanted = objects(stage)
    first = [kube.apply(obj, manager=MANAGER) for obj in wanted]
    second = [kube.apply(obj, manager=MANAGER) for obj in wanted]
    assert versions(first) == versions(second)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(specs(), configurations())
def test_whatever_is_stored_as_built_is_not_written_again(
    kube: Kube, spec: Object, configuration: Object
) -> None:
    """What the server refuses is another matter; it defaults and reorders what it takes."""
    of = cluster(**spec)
    under = Configuration.from_object({"configuration": configuration}, operator_namespace="ops")
    for obj in desired.objects(cluster=of, configuration=under, environment=PodEnvironment()):
        obj["metadata"]["namespace"] = "default"
        try:
            stored = kube.apply(keep.sendable(obj), manager=MANAGER, dry_run=True)
        except ApiError:
            continue
        assert drift.changed(obj, stored) == []


def versions(stored: list[Object]) -> list[str]:
    """Without those whose status a controller writes meanwhile."""
    return [
        str(obj["metadata"]["resourceVersion"])
        for obj in stored
        if obj["kind"] not in ("PodDisruptionBudget", "StatefulSet", "Deployment")
    ]
