"""Bad input is refused at its field; what runs is left alone."""

from tests.field.waiting import until
from tests.scenarios.conftest import Create


def test_an_invalid_manifest_names_the_field_and_creates_nothing(create: Create) -> None:
    cluster = create("acid-bad", maintenanceWindows=["03:00-02:00"])
    until("the verdict", lambda: cluster.word == "CreateFailed")
    valid = cluster.conditions()["Valid"]
    assert valid["status"] == "False"
    assert "spec.maintenanceWindows[0]" in valid["message"]
    assert cluster.kubectl.list("statefulsets") == []
    assert "Create" in cluster.event_reasons()


def test_an_invalid_edit_leaves_the_running_cluster_untouched(create: Create) -> None:
    cluster = create()
    cluster.until_running()
    before = cluster.kubectl.get("statefulset", cluster.name)
    bad = {"spec": {"maintenanceWindows": ["03:00-02:00"], "numberOfInstances": 3}}
    cluster.kubectl.patch("postgresql", cluster.name, bad)
    until("the verdict", lambda: cluster.word == "UpdateFailed")
    after = cluster.kubectl.get("statefulset", cluster.name)
    assert before and after
    assert before["spec"] == after["spec"]
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"maintenanceWindows": None}})
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"numberOfInstances": 1}})
    cluster.until_running()
