"""Builders make, byte for byte, what Zalando's operator was captured making."""

from collections.abc import Callable

import pytest

from activities.manifests import (
    disruption_budgets,
    logical_backup,
    pooler,
    pooler_deployment,
    pooler_secret,
    pooler_service,
    role_binding,
    secrets,
    service_account,
    services,
    statefulset,
)
from tests.apiserver.golden.normal import Normal
from tests.unit.manifests import desired
from tests.unit.manifests.captured import Object, Stage, stages
from tests.unit.manifests.defaulted import defaulted
from workflows.model.names import Role

PASSWORD = "a" * 64
STAGES = list(stages())

every_stage = pytest.mark.parametrize("stage", STAGES, ids=str)

BUILDERS: dict[str, Callable[..., Object]] = {
    "master service": services.master,
    "replica service": services.replica,
    "primary budget": disruption_budgets.primary,
    "critical budget": disruption_budgets.critical,
    "service account": service_account.build,
    "role binding": role_binding.build,
}


def stored(stage: Stage, obj: Object) -> Object:
    return Normal(stage.case.text)(defaulted(obj))


def captured(stage: Stage, obj: Object) -> Object:
    return stage.of_kind(obj["kind"])[obj["metadata"]["name"]]


def test_all_cases_with_objects_are_here() -> None:
    assert len({stage.case.name for stage in STAGES}) == 13  # invalid-window makes none


@every_stage
def test_stateful_set(stage: Stage) -> None:
    built = statefulset.build(
        cluster=stage.cluster,
        configuration=stage.configuration,
        environment=stage.environment,
    )
    assert stored(stage, built) == captured(stage, built)


@every_stage
@pytest.mark.parametrize("builder", BUILDERS.values(), ids=BUILDERS)
def test_object(stage: Stage, builder: Callable[..., Object]) -> None:
    built = builder(cluster=stage.cluster, configuration=stage.configuration)
    assert stored(stage, built) == captured(stage, built)


@every_stage
def test_secrets(stage: Stage) -> None:
    for name, expected in stage.of_kind("Secret").items():
        if "username" not in expected["data"]:
            continue  # the pooler's list of users
        built = secrets.build(
            cluster=stage.cluster,
            configuration=stage.configuration,
            user=expected["data"]["username"],
            password=PASSWORD,
        )
        assert built["metadata"]["name"] == name
        assert stored(stage, built) == expected


POOLED = [stage for stage in STAGES if pooler.wanted(stage.cluster, Role.MASTER)]
BACKED_UP = [stage for stage in STAGES if stage.cluster.spec.enable_logical_backup]


@pytest.mark.parametrize("stage", POOLED, ids=str)
def test_pooler(stage: Stage) -> None:
    given: Object = {
        "cluster": stage.cluster,
        "configuration": stage.configuration,
        "role": Role.MASTER,
    }
    users = pooler_secret.build(**given, password=PASSWORD, infrastructure={})
    objects = [users, pooler_service.build(**given), pooler_deployment.build(**given)]
    for built in objects:
        assert stored(stage, built) == captured(stage, built)


@pytest.mark.parametrize("stage", BACKED_UP, ids=str)
def test_logical_backup(stage: Stage) -> None:
    built = logical_backup.build(
        cluster=stage.cluster,
        configuration=stage.configuration,
        secret_keys=stage.backup_keys,
    )
    assert stored(stage, built) == captured(stage, built)


@every_stage
def test_nothing_else_is_made(stage: Stage) -> None:
    kinds = {"StatefulSet", "Service", "Endpoints", "PodDisruptionBudget", "ServiceAccount"}
    objects = desired.objects(
        cluster=stage.cluster,
        configuration=stage.configuration,
        environment=stage.environment,
    )
    made = {(o["kind"], o["metadata"]["name"]) for o in objects if o["kind"] in kinds}
    there = {(kind, name) for kind in kinds for name in stage.of_kind(kind)}
    assert made == {(kind, name) for kind, name in there if "-pooler" not in name}
