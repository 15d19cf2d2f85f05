from typing import Any

import pytest

from tests.unit.manifests.inputs import (
    Object,
    cluster,
    configuration,
    container,
    pod,
    stateful_set,
)
from workflows.model.configuration import Configuration
from workflows.model.errors import InvalidConfiguration


def test_the_manifests_image_goes_before_the_configurations() -> None:
    under = configuration(docker_image="theirs:1")
    assert container("postgres", under=under)["image"] == "theirs:1"
    assert container("postgres", cluster(dockerImage="own:1"), under)["image"] == "own:1"


def test_ids_of_the_manifest_go_before_the_configurations_and_zero_is_one() -> None:
    under = configuration(spilo_runasuser="101", spilo_runasgroup="103", spilo_fsgroup="103")
    of = cluster(spiloRunAsUser=0, spiloFSGroup=5)
    found = pod(of, under)["securityContext"]
    assert found == {"runAsUser": 0, "runAsGroup": 103, "fsGroup": 5}


def test_privileges_follow_the_configuration() -> None:
    under = configuration(
        spilo_privileged="true",
        spilo_allow_privilege_escalation="false",
        additional_pod_capabilities="sys_nice,net_admin",
    )
    assert container("postgres", under=under)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": True,
        "readOnlyRootFilesystem": False,
        "capabilities": {"add": ["SYS_NICE", "NET_ADMIN"]},
    }


def test_priority_class_and_scheduler() -> None:
    under = configuration(pod_priority_class_name="low")
    assert pod(under=under)["priorityClassName"] == "low"
    found = pod(cluster(podPriorityClassName="high", schedulerName="own"), under)
    assert (found["priorityClassName"], found["schedulerName"]) == ("high", "own")


def test_readiness_probe_is_off_unless_configured() -> None:
    assert "readinessProbe" not in container("postgres")
    under = configuration(enable_readiness_probe="true")
    assert container("postgres", under=under)["readinessProbe"] == {
        "httpGet": {"path": "/readiness", "port": 8008, "scheme": "HTTP"},
        "initialDelaySeconds": 6,
        "periodSeconds": 10,
        "timeoutSeconds": 5,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def test_the_manifests_liveness_probe_replaces_the_configurations() -> None:
    theirs: Object = {"httpGet": {"path": "/liveness", "port": 8008}, "periodSeconds": 3}
    obj = {"configuration": {"kubernetes": {"liveness_probe": theirs}}}
    under = Configuration.from_object(obj, operator_namespace="operators")
    assert container("postgres", under=under)["livenessProbe"] == theirs
    own = {"tcpSocket": {"port": 5432}}
    assert container("postgres", cluster(livenessProbe=own), under)["livenessProbe"] == own


def test_whole_sources_of_environment_are_copied() -> None:
    sources = [{"secretRef": {"name": "whole"}, "prefix": "W_"}]
    assert container("postgres", cluster(envFrom=sources))["envFrom"] == sources


def test_init_containers_are_copied() -> None:
    given = [{"name": "stamp", "image": "i", "command": ["date"]}]
    assert pod(cluster(initContainers=given))["initContainers"] == given


def test_service_account_and_grace_period() -> None:
    under = configuration(pod_service_account_name="db", pod_terminate_grace_period="1m30s")
    found = pod(under=under)
    assert (found["serviceAccountName"], found["terminationGracePeriodSeconds"]) == ("db", 90)


def test_changing_the_result_leaves_the_resource_alone() -> None:
    of = cluster(initContainers=[{"name": "a", "image": "i", "env": [{"name": "X"}]}])
    before = of.model_dump()
    stateful_set(of)["spec"]["template"]["spec"]["initContainers"][0]["env"].append({"name": "Y"})
    assert of.model_dump() == before


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"whenDeleted": "Retain", "whenScaled": "Retain"}),
        (
            {"persistent_volume_claim_retention_policy": "when_deleted:delete,when_scaled:Delete"},
            {"whenDeleted": "Delete", "whenScaled": "Retain"},
        ),
    ],
)
def test_claims_are_retained_unless_the_word_is_exactly_delete(
    given: dict[str, str], expected: dict[str, Any]
) -> None:
    found = stateful_set(under=configuration(**given))["spec"]
    assert found["persistentVolumeClaimRetentionPolicy"] == expected


def test_pods_may_start_all_at_once() -> None:
    under = configuration(pod_management_policy="parallel")
    assert stateful_set(under=under)["spec"]["podManagementPolicy"] == "Parallel"


def test_an_unknown_management_policy_is_refused() -> None:
    under = configuration().model_copy(update={"pod_management_policy": "random"})
    with pytest.raises(InvalidConfiguration, match="ordered_ready or parallel"):
        stateful_set(under=under)
