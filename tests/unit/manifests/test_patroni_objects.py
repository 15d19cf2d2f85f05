from activities.manifests import patroni_objects
from tests.unit.manifests.inputs import Object, cluster, configuration


def marks(**parameters: str) -> list[Object]:
    of = cluster(annotations={"keep": "me"})
    under = configuration(inherited_annotations="keep", **parameters)
    return patroni_objects.build(cluster=of, configuration=under)


def test_config_maps_get_nothing_but_marks() -> None:
    found = marks()
    assert [(obj["kind"], obj["metadata"]["name"]) for obj in found] == [
        ("ConfigMap", "acid-main-leader"),
        ("ConfigMap", "acid-main-config"),
        ("ConfigMap", "acid-main-sync"),
        ("ConfigMap", "acid-main-failover"),
    ]
    assert found[0].keys() == {"apiVersion", "kind", "metadata"}
    assert found[0]["metadata"] == {
        "name": "acid-main-leader",
        "namespace": "space",
        "annotations": {"keep": "me"},
    }


def test_endpoints_come_with_a_service() -> None:
    found = marks(kubernetes_use_configmaps="false")
    assert [(obj["kind"], obj["metadata"]["name"]) for obj in found] == [
        ("Endpoints", "acid-main-config"),
        ("Endpoints", "acid-main-sync"),
        ("Endpoints", "acid-main-failover"),
        ("Service", "acid-main-config"),
    ]
