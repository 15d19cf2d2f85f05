"""Puts the implementations of `workflows.steps` together, and says what they read."""

from typing import Any

from activities.cloud.ec2 import Regions
from activities.cloud.steps import CloudSteps
from activities.cluster.departures import KEPT_SECONDS as NODES_KEPT_SECONDS
from activities.cluster.departures import Departures
from activities.cluster.look import Eyes
from activities.cluster.membership import Memberships
from activities.cluster.observe import Observer
from activities.cluster.records import Records
from activities.cluster.report import Reporter
from activities.cluster.steps import ClusterSteps
from activities.configuration import ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube
from activities.kube.judge import Judge
from activities.kube.resource import Resources
from activities.kube.rotated import Rotated
from activities.kube.steps import KubernetesSteps
from activities.kube.vetting import Vetting
from activities.patroni.client import PatroniClient
from activities.patroni.drift import PatroniDrift
from activities.patroni.steps import PatroniSteps
from activities.postgres.connection import Primaries
from activities.postgres.drift import SqlDrift
from activities.postgres.sources import KEPT_SECONDS, RoleSources
from activities.postgres.steps import PostgresSteps
from activities.postgres.way_in import WayIn
from activities.progress import Progress
from activities.teams.client import TeamsClient
from activities.teams.directory import Directory
from activities.teams.source import PeopleSource
from activities.vault import Vault
from matriarch.settings import Settings
from matriarch.workers import Step


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
    directory = Directory(TeamsClient(), vault)
    sources, seen_sources = (
        role_sources(kube, configuration, directory, kept_seconds=seconds)
        for seconds in (0.0, KEPT_SECONDS)
    )
    departures = Departures(kube, kept_seconds=NODES_KEPT_SECONDS)

    def forget() -> None:
        seen_sources.forget()
        departures.forget()

    eyes = Eyes(
        kube=kube,
        judge=judge,
        vetting=Vetting(kube, judge),
        roles=seen_sources.roles,
        patroni=PatroniDrift(patroni).look,
        sql=SqlDrift(vault=vault, primaries=primaries, sources=seen_sources).look,
        departures=departures,
        forget=forget,
    )
    observer = Observer(eyes, configuration, controller_id=controller_id)
    memberships = Memberships(kube, configuration, patroni)
    cluster = ClusterSteps(observer, Reporter(kube, Records(kube, configuration)), memberships)
    kubernetes = KubernetesSteps(
        kube=kube,
        configuration=configuration,
        judge=judge,
        roles=sources.roles,
        leader=patroni.leader,
    )
    cloud = CloudSteps(kube=kube, configuration=configuration, ec2=Regions())
    waiting = PatroniSteps(
        kube=kube,
        configuration=configuration,
        patroni=patroni,
        primaries=primaries,
        teller=lambda ref, uid: Progress(kube, ref, uid).waits_for,
    )
    postgres = PostgresSteps(
        resources, configuration, vault, primaries, sources, Rotated(kube), WayIn(kube)
    )
    return [
        cluster.observe,
        cluster.members,
        cluster.report,
        kubernetes.apply,
        kubernetes.remove,
        kubernetes.renew_pod,
        kubernetes.restore_template,
        kubernetes.until_grown,
        cloud.modify_volumes,
        waiting.until_primary,
        waiting.until_members,
        waiting.until_healthy,
        waiting.switchover,
        waiting.make_synchronous,
        waiting.reset_synchronous,
        waiting.configure,
        waiting.restart_pending,
        waiting.restart_member,
        waiting.reinitialise,
        postgres.sync_roles,
        postgres.sync_databases,
    ]


def role_sources(
    kube: Kube, configuration: ConfigurationSource, directory: Directory, *, kept_seconds: float
) -> RoleSources:
    """Where roles come from besides the resource; looks may keep what they read for a while."""
    people = PeopleSource(
        kube,
        directory,
        operator_namespace=configuration.operator_namespace,
        kept_seconds=kept_seconds,
    )
    return RoleSources(kube, people, kept_seconds=kept_seconds)
