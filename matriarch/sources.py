"""What clusters are made from besides their manifests, so that its changes reach them. Pure."""

from collections.abc import Iterator, Sequence

from activities.configuration import ConfigurationSettings
from watcher.scope import Source
from watcher.selection import CONFIG_MAPS, CONFIGURATIONS, SECRETS, TEAMS, Resource, Selection
from workflows.model.configuration import Configuration, NamespacedName


def sources_of(settings: ConfigurationSettings, configuration: Configuration) -> Sequence[Source]:
    """Everything that `configuration` names, each once, and the configuration itself."""
    found = [
        *_own(settings),
        *_infrastructure_roles(configuration),
        *_teams(configuration),
        *_environments(configuration),
    ]
    return tuple(dict.fromkeys(found))


def _own(settings: ConfigurationSettings) -> Iterator[Source]:
    place = settings.place
    if place is None:
        return
    resource = CONFIGURATIONS if settings.configuration_object else CONFIG_MAPS
    selection = Selection(resource, place.namespace, name=place.name)
    yield Source(selection, configuration=True)


def _infrastructure_roles(configuration: Configuration) -> Iterator[Source]:
    """A Secret may have a ConfigMap of the same name beside it, which describes its roles."""
    places = [roles.secretname for roles in configuration.infrastructure_roles_secrets]
    if configuration.infrastructure_roles_secret_name:
        places.append(configuration.infrastructure_roles_secret_name)
    for place in places:
        yield _at(SECRETS, place)
        yield _at(CONFIG_MAPS, place)


def _teams(configuration: Configuration) -> Iterator[Source]:
    if configuration.enable_postgres_team_crd:
        yield Source(Selection(TEAMS))
    if configuration.enable_teams_api and configuration.oauth_token_secret_name:
        yield _at(SECRETS, configuration.oauth_token_secret_name)


def _environments(configuration: Configuration) -> Iterator[Source]:
    for name in (
        configuration.pod_environment_secret,
        configuration.logical_backup_cronjob_environment_secret,
    ):
        if name:
            yield Source(Selection(SECRETS, name=name), for_all=False)
    place = configuration.pod_environment_configmap
    if place is not None:
        yield _at(CONFIG_MAPS, place)
        yield Source(Selection(CONFIG_MAPS, name=place.name), for_all=False)


def _at(resource: Resource, place: NamespacedName) -> Source:
    return Source(Selection(resource, place.namespace, name=place.name))
