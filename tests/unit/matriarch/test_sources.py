from typing import Any

from activities.configuration import ConfigurationSettings
from matriarch.sources import sources_of
from workflows.model.configuration import Configuration

FEW = {"enable_teams_api": "false", "enable_postgres_team_crd": "false"}


def places(settings: dict[str, Any] | None = None, **data: str) -> list[str]:
    """Where the watcher looks besides clusters; a star where only clusters beside it hear."""
    configuration = Configuration.from_config_map(FEW | data, operator_namespace="ops")
    given = {"operator_namespace": "ops", **(settings or {})}
    found = sources_of(ConfigurationSettings(**given), configuration)
    return [
        f"{source.selection.path} {source.selection.name}".strip() + ("" if source.for_all else "*")
        for source in found
    ]


def test_nothing_is_watched_that_nothing_names() -> None:
    assert places() == []


def test_the_configuration_itself_is_watched_in_either_form() -> None:
    assert places({"config_map": "main"}) == ["/api/v1/namespaces/ops/configmaps main"]
    assert places({"configuration_object": "main", "config_map": "other"}) == [
        "/apis/acid.zalan.do/v1/namespaces/ops/operatorconfigurations main"
    ]


def test_a_secret_of_infrastructure_roles_may_be_described_by_a_config_map_of_its_name() -> None:
    both = ["/api/v1/namespaces/ops/secrets roles", "/api/v1/namespaces/ops/configmaps roles"]
    assert places(infrastructure_roles_secret_name="roles") == both
    one = "secretname:ops/roles,userkey:user,passwordkey:password"
    assert (
        places(infrastructure_roles_secret_name="roles", infrastructure_roles_secrets=one) == both
    )


def test_teams_are_watched_where_clusters_are() -> None:
    assert places(enable_postgres_team_crd="true") == ["/apis/acid.zalan.do/v1/postgresteams"]
    token = "/api/v1/namespaces/ops/secrets token"
    assert places(enable_teams_api="true", oauth_token_secret_name="token") == [token]


def test_environments_concern_the_clusters_beside_them() -> None:
    assert places(
        pod_environment_secret="pods",
        logical_backup_cronjob_environment_secret="backups",
        pod_environment_configmap="shared/pods",
    ) == [
        "/api/v1/secrets pods*",
        "/api/v1/secrets backups*",
        "/api/v1/namespaces/shared/configmaps pods",
        "/api/v1/configmaps pods*",
    ]
