"""Puts the implementations of `workflows.steps` together, and says what they read."""

from collections.abc import Sequence
from typing import Any

from activities.cluster.look import Eyes
from activities.cluster.observe import Observer
from activities.cluster.report import Reporter
from activities.cluster.steps import ClusterSteps
from activities.configuration import ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube
from activities.kube.judge import Judge
from activities.kube.resource import Resources
from activities.kube.steps import KubernetesSteps
from activities.patroni.client import PatroniClient
from activities.patroni.steps import PatroniSteps
from activities.postgres.connection import Primaries
from activities.postgres.drift import SqlDrift
from activities.postgres.role import Role
from activities.postgres.steps import PostgresSteps
from activities.postgres.wanted import wanted_roles
from activities.progress import Progress
from activities.vault import Vault
from matriarch.settings import Settings
from matriarch.workers import Step
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


def configuration_settings(settings: Settings) -> ConfigurationSettings:
    """Where the configuration lies, and what command line and environment decide in it."""
    overrides: dict[str, Any] = {}
    if settings.watched_namespace:
        overrides["watched_namespace"] = settings.watched_namespace
    if settings.flags.no_database_access:
        overrides["enable_database_access"] = False
    if settings.flags.no_teams_api:
        overrides["enable_teams_api"] = False
    if settings.scalyr_api_key:
        overrides["scalyr_api_key"] = settings.scalyr_api_key
    return ConfigurationSettings(
        operator_namespace=settings.operator_namespace,
        configuration_object=settings.configuration_object,
        config_map=settings.config_map_name,
        overrides=overrides,
    )


def steps(*, kube: Kube, configuration: ConfigurationSource, controller_id: str = "") -> list[Step]:
    """All steps of `workflows.steps`, implemented; one set per process."""
    judge, vault, resources, patroni = Judge(), Vault(kube), Resources(kube), PatroniClient()
    primaries = Primaries(kube, vault)
    eyes = Eyes(
        kube=kube,
        judge=judge,
        roles=_roles,
        members=patroni.members,
        sql=SqlDrift(vault=vault, primaries=primaries).look,
    )
    observer = Observer(eyes, configuration, controller_id=controller_id)
    cluster = ClusterSteps(observer, Reporter(kube))
    kubernetes = KubernetesSteps(kube=kube, configuration=configuration, judge=judge, roles=_roles)
    waiting = PatroniSteps(
        kube=kube,
        configuration=configuration,
        patroni=patroni,
        primaries=primaries,
        teller=lambda ref, uid: Progress(kube, ref, uid).waits_for,
    )
    postgres = PostgresSteps(resources, configuration, vault, primaries)
    return [
        cluster.observe,
        cluster.report,
        kubernetes.apply,
        kubernetes.remove,
        waiting.until_primary,
        waiting.until_members,
        postgres.sync_roles,
        postgres.sync_databases,
    ]


def _roles(cluster: Postgresql, configuration: Configuration) -> Sequence[Role]:
    return wanted_roles(cluster=cluster, configuration=configuration)
