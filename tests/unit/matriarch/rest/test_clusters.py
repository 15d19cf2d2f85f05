from collections.abc import Mapping
from typing import Any

import pytest

from matriarch.rest.clusters import Clusters, complaint
from matriarch.rest.errors import NoAnswer
from tests.unit.kube.server import Answer, Script, serving
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration


def resource(name: str, *, team: str = "acid", **metadata: Any) -> dict[str, Any]:
    spec = {"teamId": team, "databases": {"orders": "shop"}}
    return {"metadata": {"namespace": "shop", "name": name, **metadata}, "spec": spec}


def items(*found: Mapping[str, Any]) -> Answer:
    return 200, {"metadata": {}, "items": list(found)}


def clusters(script: Script) -> Clusters:
    configuration = Configuration.from_config_map({}, operator_namespace="ops")
    return Clusters(
        script.kube,
        lambda: configuration,
        namespaces=lambda configuration: ["*"],
        controller_id="",
    )


def test_names_are_listed_by_team() -> None:
    found = items(resource("acid-b"), resource("acid-a"), resource("x-y", team="x"))
    with serving(found) as script:
        assert clusters(script).by_team() == {"acid": ["acid-a", "acid-b"], "x": ["x-y"]}
    assert script.asked[0].path.startswith("/apis/acid.zalan.do/v1/postgresqls")


def test_clusters_of_another_operator_are_not_ours() -> None:
    theirs = resource("acid-b", annotations={"acid.zalan.do/controller": "other"})
    with serving(items(theirs)) as script:
        assert clusters(script).by_team() == {}


def test_an_unknown_team_is_an_error() -> None:
    with serving(items()) as script, pytest.raises(NoAnswer, match="team 'x'"):
        clusters(script).of_team("x")


def test_databases_are_those_of_the_manifests() -> None:
    with serving(items(resource("acid-a"))) as script:
        assert clusters(script).databases() == {"acid-a": ["orders"]}


def test_a_cluster_is_shown_with_what_is_made_for_it() -> None:
    service = {"metadata": {"name": "acid-a-repl", "namespace": "shop"}}
    budget = {"metadata": {"name": "postgres-acid-a-pdb", "namespace": "shop"}}
    answers = [(200, resource("acid-a")), items(service), items(), items(budget), (404, {})]
    with serving(*answers) as script:
        shown = clusters(script).one(ClusterRef(namespace="shop", name="acid-a"), worker=3)
    assert (shown["Team"], shown["Cluster"], shown["Worker"]) == ("acid", "acid-a", 3)
    assert shown["ReplicaService"]["metadata"]["name"] == "acid-a-repl"
    assert shown["PrimaryPodDisruptionBudget"]["metadata"]["name"] == "postgres-acid-a-pdb"
    assert (shown["MasterService"], shown["StatefulSet"]) == (None, None)
    assert shown["Error"] == {}


def test_a_cluster_that_is_not_there_is_an_error() -> None:
    with serving((404, {})) as script, pytest.raises(NoAnswer, match="acid-x"):
        clusters(script).one(ClusterRef(namespace="shop", name="acid-x"), worker=0)


def test_what_is_wrong_is_told_by_condition() -> None:
    conditions = [
        {"type": "Ready", "status": "True", "message": "2 of 2"},
        {"type": "Roles", "status": "False", "message": "role x: no"},
    ]
    assert complaint({"status": {"conditions": conditions}}) == {"Roles": "role x: no"}
