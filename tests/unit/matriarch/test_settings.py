from datetime import timedelta
from pathlib import Path

import pytest

from matriarch.settings import Flags, Settings, read
from workflows.model.errors import InvalidConfiguration


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    """The folder that Kubernetes mounts into a pod."""
    (tmp_path / "namespace").write_text("ops\n")
    (tmp_path / "token").write_text("t")
    return tmp_path


def test_in_a_pod_nothing_needs_to_be_told(pod: Path) -> None:
    settings = read(Flags(), environment={}, service_account=pod)
    assert settings.operator_namespace == "ops"
    assert settings.in_cluster
    assert settings.temporal_address == "temporal.temporal.svc:7233"


def test_the_environment_is_read(pod: Path) -> None:
    environment = {
        "OPERATOR_NAMESPACE": "elsewhere",
        "WATCHED_NAMESPACE": "prod",
        "CONFIG_MAP_NAME": "postgres-operator",
        "POSTGRES_OPERATOR_CONFIGURATION_OBJECT": "opconf",
        "CONTROLLER_ID": "second",
        "TEMPORAL_ADDRESS": "temporal:7233",
        "TEMPORAL_NAMESPACE": "postgres",
        "CRD_READY_WAIT_TIMEOUT": "1m",
        "SCALYR_API_KEY": "key",
        "ENABLE_JSON_LOGGING": "true",
        "POD_NAME": "postgres-operator-0",
    }
    settings = read(Flags(), environment=environment, service_account=pod)
    assert settings == Settings(
        operator_namespace="elsewhere",
        in_cluster=True,
        watched_namespace="prod",
        config_map_name="postgres-operator",
        configuration_object="opconf",
        controller_id="second",
        temporal_address="temporal:7233",
        temporal_namespace="postgres",
        crd_ready_timeout=timedelta(minutes=1),
        scalyr_api_key="key",
        json_logs=True,
        identity="postgres-operator-0",
    )


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (Flags(kubeconfig="/a"), {}),
        (Flags(), {"KUBECONFIG": "/a"}),
        (Flags(out_of_cluster=True), {}),
    ],
    ids=["flag", "environment", "out of cluster"],
)
def test_a_kubeconfig_goes_before_the_pods_account(
    pod: Path, flags: Flags, environment: dict[str, str]
) -> None:
    assert not read(flags, environment=environment, service_account=pod).in_cluster


def test_outside_a_pod_the_namespace_must_be_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="OPERATOR_NAMESPACE"):
        read(Flags(), environment={}, service_account=tmp_path)


def test_a_bad_duration_is_told_by_the_name_of_its_variable(pod: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="CRD_READY_WAIT_TIMEOUT"):
        read(Flags(), environment={"CRD_READY_WAIT_TIMEOUT": "soon"}, service_account=pod)


@pytest.mark.parametrize(
    ("environment", "configured", "watched"),
    [
        ("", "", ["ops"]),
        ("", "prod", ["prod"]),
        ("test", "prod", ["test"]),
        ("", "*", ["*"]),
        ("b, a,b", "", ["a", "b"]),
        ("a,*", "", ["*"]),
    ],
)
def test_environment_before_configuration_before_own_namespace(
    environment: str, configured: str, watched: list[str]
) -> None:
    settings = Settings(operator_namespace="ops", watched_namespace=environment)
    assert settings.namespaces(configured) == watched


def test_keys_do_not_show_in_the_settings_text() -> None:
    assert "hidden" not in repr(Settings(operator_namespace="ops", scalyr_api_key="hidden"))
