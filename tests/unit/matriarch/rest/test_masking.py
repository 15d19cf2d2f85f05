import pytest

from matriarch.rest.masking import MASK, masked
from workflows.tripwire import TRIPWIRE


@pytest.mark.parametrize(
    "name",
    ["Password", "s3_secret_access_key", "S3AccessKeyId", "scalyr_api_key", "BearerToken"],
)
def test_a_field_whose_name_says_secret_is_masked(name: str) -> None:
    assert masked({"spec": [{name: "abc"}]}) == {"spec": [{name: MASK}]}


@pytest.mark.parametrize(
    "field",
    [
        {"PodEnvironmentSecret": "environment"},
        {"secretName": "tls"},
        {"PasswordEncryption": "md5"},
        {"EnableSecretsDeletion": True},
        {"password": ""},
        {"secretKeyRef": {"name": "postgres.x", "key": "password"}},
    ],
)
def test_names_of_secrets_and_settings_are_shown(field: object) -> None:
    assert masked(field) == field


def test_a_variable_of_a_container_is_masked_by_its_name() -> None:
    shown = [{"name": "AWS_SECRET_ACCESS_KEY", "value": "abc"}, {"name": "SCOPE", "value": "x"}]
    assert masked(shown)[0]["value"] == MASK
    assert masked(shown)[1]["value"] == "x"


def test_what_kubectl_keeps_of_a_manifest_is_left_out() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{...}", "a": "b"}
    assert masked({"annotations": annotations}) == {"annotations": {"a": "b"}}


def test_a_secret_this_process_has_read_is_masked_wherever_it_stands() -> None:
    TRIPWIRE.note("correct-horse-battery")
    assert "correct-horse-battery" not in str(masked({"Message": "got correct-horse-battery"}))
