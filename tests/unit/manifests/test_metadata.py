from activities.manifests import metadata
from tests.unit.manifests.inputs import UID, cluster, configuration, stateful_set
from workflows.model.names import Role

OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "app", "uid": "1"}


def test_inherited_labels_are_on_objects_but_not_in_selectors() -> None:
    of = cluster(labels={"stage": "live", "other": "x"})
    under = configuration(inherited_labels="stage")
    found = stateful_set(of, under)
    labels = {"application": "spilo", "cluster-name": "acid-main", "team": "acid"}
    assert found["metadata"]["labels"] == {**labels, "stage": "live"}
    assert found["spec"]["selector"]["matchLabels"] == {
        "application": "spilo",
        "cluster-name": "acid-main",
    }
    (claim,) = found["spec"]["volumeClaimTemplates"]
    assert claim["metadata"]["labels"] == {**labels, "stage": "live"}


def test_an_inherited_label_may_overwrite_the_team() -> None:
    of = cluster(labels={"team": "other"})
    labels = metadata.object_labels(of, configuration(inherited_labels="team"))
    assert labels["team"] == "other"


def test_a_downscalers_annotations_reach_the_stateful_set_only() -> None:
    of = cluster(annotations={"downscaler/uptime": "x", "keep": "y", "other": "z"})
    under = configuration(
        downscaler_annotations="downscaler/.*,(unbalanced", inherited_annotations="keep"
    )
    found = stateful_set(of, under)
    assert found["metadata"]["annotations"] == {"keep": "y", "downscaler/uptime": "x"}
    assert found["spec"]["template"]["metadata"]["annotations"] == {"keep": "y"}


def test_pod_annotations_from_general_to_special() -> None:
    of = cluster(annotations={"c": "resource"}, podAnnotations={"b": "manifest", "c": "manifest"})
    under = configuration(
        custom_pod_annotations="a:operator,b:operator",
        inherited_annotations="c",
        kube_iam_role="role",
    )
    assert metadata.pod_annotations(of, under) == {
        "a": "operator",
        "b": "manifest",
        "c": "resource",
        "iam.amazonaws.com/role": "role",
    }


def test_children_have_the_owners_of_their_resource() -> None:
    assert stateful_set(cluster(owners=[OWNER]))["metadata"]["ownerReferences"] == [OWNER]
    assert "ownerReferences" not in stateful_set()["metadata"]


def test_the_resource_itself_is_an_owner_when_asked_for() -> None:
    under = configuration(enable_owner_references="true")
    assert metadata.owner_references(cluster(owners=[OWNER]), under) == [
        OWNER,
        {
            "apiVersion": "acid.zalan.do/v1",
            "kind": "postgresql",
            "name": "acid-main",
            "uid": UID,
            "controller": True,
        },
    ]


def test_label_keys_can_be_renamed() -> None:
    under = configuration(cluster_labels="app:db", cluster_name_label="pg", pod_role_label="role")
    found = metadata.role_selector(cluster(), under, Role.REPLICA)
    assert found == {"app": "db", "pg": "acid-main", "role": "replica"}
