"""The declarations of the parameters, as a whole."""

import pytest

from tests.unit.model.configurations import from_config_map
from workflows.model.configuration import Configuration
from workflows.model.configuration.parameter import FORMS
from workflows.model.configuration.sections import SECTIONS, Entry, entries

BOTH = {entry.path: entry for form in FORMS for entry in entries(form)}


def test_there_are_187_parameters_and_our_own() -> None:
    assert len([entry for entry in BOTH.values() if entry.section != "operations"]) == 187


def test_a_name_is_in_one_section_only() -> None:
    names = [entry.name for entry in BOTH.values()]
    assert len(names) == len(set(names))


def test_each_is_an_attribute_of_the_configuration() -> None:
    attributes = set(Configuration.model_fields) - {"operator_namespace"}
    assert attributes == {entry.name for entry in BOTH.values()}


def test_these_exist_in_one_form_only() -> None:
    assert {entry.name for entry in BOTH.values() if len(entry.declared.forms) == 1} == {
        "enable_load_balancer",
        "liveness_probe",
    }


@pytest.mark.parametrize(
    ("section", "count"),
    [
        ("", 23),
        ("users", 6),
        ("major_version_upgrade", 4),
        ("kubernetes", 52),
        ("postgres_pod_resources", 8),
        ("timeouts", 8),
        ("operations", 6),
        ("load_balancer", 15),
        ("aws_or_gcp", 10),
        ("logical_backup", 24),
        ("debug", 2),
        ("teams_api", 14),
        ("logging_rest_api", 3),
        ("scalyr", 7),
        ("connection_pooler", 10),
        ("patroni", 1),
    ],
)
def test_sections_have_their_parameters(section: str, count: int) -> None:
    assert section in SECTIONS
    assert len([entry for entry in BOTH.values() if entry.section == section]) == count


@pytest.mark.parametrize("entry", BOTH.values(), ids=lambda entry: entry.name)
def test_each_says_its_effect_and_has_defaults_that_it_accepts(entry: Entry) -> None:
    assert entry.declared.effect
    rule = entry.declared.accepts
    for default in (entry.declared.schema, entry.declared.fallback):
        if rule is not None and default is not None:
            assert not rule.refuses(default)


def test_credentials_are_not_in_what_is_printed_of_a_configuration() -> None:
    secrets = {entry.name for entry in BOTH.values() if entry.declared.secret}
    assert secrets == {
        "logical_backup_azure_storage_account_key",
        "logical_backup_google_application_credentials",
        "logical_backup_s3_secret_access_key",
        "scalyr_api_key",
    }
    config = from_config_map(**dict.fromkeys(secrets, "hush-hush"))
    assert config.scalyr_api_key == "hush-hush"
    assert "hush-hush" not in repr(config)
