"""Names of roles, Secrets and labels with which no cluster could be run, or hardly any."""

import pytest

from tests.unit.model.configurations import from_config_map, from_object, refused_paths
from workflows.model.configuration import doubts


def doubted(**data: str) -> list[str]:
    return [doubt.path for doubt in doubts(from_config_map(**data), "config map")]


@pytest.mark.parametrize(
    "template",
    [
        "{username}_{cluster}",
        "{username} {cluster}",
        "{Username}.{cluster}",
        "{username}.{cluster}.Secret",
        "{username}.{cluster}.",
        "{username}.{team}",
        "{cluster}.credentials",
        "{username}." + "x" * 253,
    ],
)
def test_a_template_that_makes_no_name_of_a_secret_is_refused(template: str) -> None:
    assert refused_paths(from_config_map, secret_name_template=template) == [
        "data.secret_name_template"
    ]
    assert refused_paths(from_object, kubernetes={"secret_name_template": template}) == [
        "configuration.kubernetes.secret_name_template"
    ]


@pytest.mark.parametrize(
    "template",
    [
        "{username}.{cluster}",
        "{namespace}.{cluster}.{username}",
        "{cluster}-{username}-{tprkind}.{tprgroup}",
        "{username}.{username}.{cluster}",
    ],
)
def test_other_templates_are_as_good_as_that_of_old(template: str) -> None:
    from_config_map(secret_name_template=template, super_username="post_gres")
    assert doubted(secret_name_template=template) == []


def test_a_template_without_the_clusters_name_is_told_but_accepted() -> None:
    assert doubted(secret_name_template="{username}.secret") == ["data.secret_name_template"]


@pytest.mark.parametrize(
    "name", ["super_username", "replication_username", "connection_pooler_user"]
)
@pytest.mark.parametrize("role", ["Pool Er", "Admin", "ä", "a" * 64])
def test_a_role_without_a_secret_or_cut_by_postgres_is_refused(name: str, role: str) -> None:
    assert refused_paths(from_config_map, **{name: role}) == [f"data.{name}"]


def test_a_role_may_begin_with_an_underscore_where_the_template_begins_with_something() -> None:
    assert refused_paths(from_config_map, super_username="_admin") == ["data.super_username"]
    from_config_map(super_username="_admin", secret_name_template="{cluster}{username}")


@pytest.mark.parametrize("name", ["connection_pooler_user", "connection_pooler_schema"])
def test_the_pooler_needs_a_role_and_a_schema(name: str) -> None:
    assert refused_paths(from_config_map, **{name: ""}) == [f"data.{name}"]
    assert getattr(from_object(connection_pooler={name: ""}), name) == "pooler"


@pytest.mark.parametrize(
    ("given", "bad"),
    [
        ({"cluster_name_label": "team"}, "cluster_name_label"),
        ({"cluster_name_label": "x", "pod_role_label": "x"}, "pod_role_label"),
        ({"pod_role_label": "application"}, "pod_role_label"),
        ({"cluster_labels": "application:a,spilo-role:b"}, "pod_role_label"),
    ],
)
def test_a_label_with_two_meanings_is_refused(given: dict[str, str], bad: str) -> None:
    assert refused_paths(from_config_map, **given) == [f"data.{bad}"]


@pytest.mark.parametrize(
    ("given", "doubt"),
    [
        ({"cluster_labels": "application:spilo,team:acid"}, "cluster_labels.team"),
        ({"pod_role_label": "connection-pooler"}, "pod_role_label"),
    ],
)
def test_a_label_that_only_some_clusters_can_live_with_is_told(
    given: dict[str, str], doubt: str
) -> None:
    assert doubted(**given) == [f"data.{doubt}"]


@pytest.mark.parametrize("given", [{"cluster_name_label": "application"}, {"cluster_labels": ""}])
def test_other_labels_are_accepted(given: dict[str, str]) -> None:
    from_config_map(**given)
