from collections.abc import Callable
from typing import Any

import pytest
from kubernetes.client import Configuration as Access
from temporalio import activity

from activities.configuration import ConfigurationSource
from activities.kube.client import Kube
from matriarch.settings import Flags, Settings
from matriarch.watching import lease_name, scope_of
from matriarch.wiring import configuration_settings, steps
from matriarch.workers import WORKFLOWS
from workflows import steps as interfaces
from workflows.model.configuration import Configuration
from workflows.running import OPERATIONS


def configuration(**data: str) -> Configuration:
    return Configuration.from_config_map(data, operator_namespace="ops")


def wanted_steps() -> set[str]:
    """Names of all steps that a workflow may ask for."""
    classes = [each for each in vars(interfaces).values() if isinstance(each, type)]
    methods = [method for each in classes for method in vars(each).values() if callable(method)]
    return {definition(method) for method in methods if activity._Definition.from_callable(method)}


def definition(method: Callable[..., Any]) -> str:
    name = activity._Definition.must_from_callable(method).name
    assert name is not None
    return name


def test_every_step_is_implemented_under_its_name() -> None:
    kube = Kube(Access())
    settings = configuration_settings(Settings(operator_namespace="ops"))
    implemented = steps(kube=kube, configuration=ConfigurationSource(kube, settings))
    names = {definition(step) for step in implemented}
    assert names == wanted_steps() != set()


def test_every_operation_is_run_by_the_workers() -> None:
    names = {vars(each)["__temporal_workflow_definition"].name for each in WORKFLOWS}
    assert names == {"cluster", "fleet", *OPERATIONS.values()}


@pytest.mark.parametrize(
    ("given", "overrides"),
    [
        ({}, {}),
        ({"watched_namespace": "prod"}, {"watched_namespace": "prod"}),
        ({"flags": Flags(no_database_access=True)}, {"enable_database_access": False}),
        ({"flags": Flags(no_teams_api=True)}, {"enable_teams_api": False}),
        ({"scalyr_api_key": "k"}, {"scalyr_api_key": "k"}),
    ],
)
def test_command_line_and_environment_decide_in_the_configuration(
    given: dict[str, Any], overrides: dict[str, Any]
) -> None:
    settings = Settings(operator_namespace="ops", **given)
    assert configuration_settings(settings).overrides == overrides
    assert set(overrides) <= set(Configuration.model_fields)


def test_the_scope_follows_the_configuration() -> None:
    settings = Settings(operator_namespace="ops", controller_id="second")
    scope = scope_of(
        settings,
        configuration(watched_namespace="prod", delete_annotation_date_key="delete-date"),
    )
    assert (scope.namespaces, scope.controller_id) == (("prod",), "second")
    assert scope.protection.keys == ("delete-date",)


def test_owner_references_switch_protection_off() -> None:
    protected = configuration(delete_annotation_name_key="n", enable_owner_references="true")
    assert scope_of(Settings(operator_namespace="ops"), protected).protection.keys == ()


def test_operators_of_several_ids_have_leases_of_their_own() -> None:
    assert lease_name("") == "postgres-operator"
    assert lease_name("Second") == "postgres-operator-second"
