import json
from typing import Any

from activities.kube import keep

Object = dict[str, Any]


def template(**fields: Any) -> Object:
    pod = {"spec": {"containers": [{"name": "postgres", **fields}]}}
    return {"metadata": {"name": "c"}, "spec": {"template": pod}}


def sent(want: Object, have: Object) -> Object:
    settled = keep.settled(template(**want), template(**have))
    container: Object = settled["spec"]["template"]["spec"]["containers"][0]
    return container


def test_equal_amounts_keep_their_stored_form() -> None:
    want = {"resources": {"limits": {"cpu": "1000m"}}}
    have = {"resources": {"limits": {"cpu": "1"}}}
    assert sent(want, have)["resources"] == have["resources"]


def test_equal_environment_keeps_its_stored_order() -> None:
    a, b = {"name": "A", "value": "1"}, {"name": "B", "value": "2"}
    assert sent({"env": [a, b]}, {"env": [b, a]})["env"] == [b, a]


def test_a_new_variable_brings_the_wanted_order() -> None:
    a, b = {"name": "A", "value": "1"}, {"name": "B", "value": "2"}
    assert sent({"env": [a, b]}, {"env": [b]})["env"] == [a, b]


def test_a_new_start_configuration_is_not_sent_to_a_running_cluster() -> None:
    def variable(ttl: int) -> Object:
        content = {"bootstrap": {"dcs": {"ttl": ttl}}}
        return {"name": "SPILO_CONFIGURATION", "value": json.dumps(content)}

    changed = sent({"image": "db:2", "env": [variable(30)]}, {"env": [variable(20)]})
    assert changed["env"] == [variable(20)]
    assert changed["image"] == "db:2"


def test_defaults_of_the_server_are_not_taken_over() -> None:
    assert "imagePullPolicy" not in sent({"image": "db"}, {"imagePullPolicy": "Always"})


def test_duplicates_and_nulls_are_not_sent() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B"}, {"name": "A", "value": "2"}]
    container = keep.sendable(template(env=env, args=None))["spec"]["template"]["spec"][
        "containers"
    ][0]
    assert container["env"] == [{"name": "A", "value": "2"}, {"name": "B"}]
    assert "args" not in container


def test_an_ignored_annotation_keeps_its_value() -> None:
    want: Object = {"metadata": {"name": "c", "annotations": {"x": "1", "y": "1"}}}
    have = {"metadata": {"name": "c", "annotations": {"x": "2", "y": "2"}}}
    settled = keep.settled(want, have, ignored_annotations=["x"])
    assert settled["metadata"]["annotations"] == {"x": "2", "y": "1"}
    assert want["metadata"]["annotations"]["x"] == "1"
