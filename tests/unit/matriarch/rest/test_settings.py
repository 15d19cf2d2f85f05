from activities.configuration import ConfigurationSettings
from activities.postgres.infrastructure import InfrastructureRole
from matriarch.rest.masking import MASK, masked
from matriarch.rest.settings import shown
from workflows.model.configuration import Configuration

ROLE = InfrastructureRole(name="robot_zmon", password="abc")


def page(**data: str) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = masked(
        shown(
            Configuration.from_config_map(data, operator_namespace="ops"),
            settings=ConfigurationSettings(operator_namespace="ops", config_map="main"),
            controller_id="",
            roles=[ROLE],
        )
    )
    return found


def test_parameters_have_the_names_of_the_original() -> None:
    shown = page(watched_namespace="*", resync_period="5m")["operator"]
    assert (shown["WatchedNamespace"], shown["ResyncPeriod"]) == ("*", "300s")


def test_keys_of_clouds_are_masked() -> None:
    shown = page(logical_backup_s3_secret_access_key="abc", scalyr_api_key="def")["operator"]
    assert shown["LogicalBackupS3SecretAccessKey"] == MASK
    assert shown["ScalyrApiKey"] == MASK


def test_infrastructure_roles_have_the_fields_that_tests_compare_and_no_password() -> None:
    assert page()["controller"]["InfrastructureRoles"] == {
        "robot_zmon": {
            "Name": "robot_zmon",
            "Namespace": "",
            "Password": MASK,
            "Flags": ["LOGIN"],
            "MemberOf": None,
            "Parameters": None,
            "AdminRole": "",
            "Origin": 2,
            "IsDbOwner": False,
            "Deleted": False,
            "Rotated": False,
            "Degraded": False,
        }
    }
