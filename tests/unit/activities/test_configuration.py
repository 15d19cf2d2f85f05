import logging
import time
from typing import Any

import pytest

from activities.configuration import RECENT_SECONDS, ConfigurationSettings, ConfigurationSource
from tests.unit.kube.server import Script, serving
from workflows.model.errors import InvalidConfiguration, Unavailable


def config_map(version: str, **data: str) -> tuple[int, Any]:
    return 200, {"metadata": {"uid": "1", "resourceVersion": version}, "data": data}


EVENT: tuple[int, Any] = 201, {}
"""Taken by the API server for each problem that is another than before, and when it is over."""


def source(script: Script, **settings: Any) -> ConfigurationSource:
    clock = settings.pop("clock", time.monotonic)
    given = {"operator_namespace": "ops", "config_map": "settings"} | settings
    return ConfigurationSource(script.kube, ConfigurationSettings(**given), clock=clock)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_config_map_lies_in_the_operators_namespace_or_another() -> None:
    with serving(config_map("1"), config_map("1")) as script:
        source(script).current()
        source(script, config_map="elsewhere/settings").current()
    assert [asked.path for asked in script.asked] == [
        "/api/v1/namespaces/ops/configmaps/settings",
        "/api/v1/namespaces/elsewhere/configmaps/settings",
    ]


def test_the_object_goes_before_the_config_map() -> None:
    found = {
        "metadata": {"uid": "1", "resourceVersion": "1"},
        "configuration": {"min_instances": 3},
    }
    with serving((200, found)) as script:
        current = source(script, configuration_object="main").current()
    assert script.asked[0].path.endswith("/namespaces/ops/operatorconfigurations/main")
    assert current.min_instances == 3


def test_without_either_form_the_defaults_are_in_force() -> None:
    with serving() as script:
        assert source(script, config_map="").current().cluster_name_label == "cluster-name"
    assert script.asked == []


def test_the_environment_decides_where_it_says_something() -> None:
    with serving(config_map("1", watched_namespace="a")) as script:
        current = source(script, overrides={"watched_namespace": "b"}).current()
    assert current.watched_namespace == "b"


def test_an_unchanged_configuration_is_not_decoded_again() -> None:
    with serving(config_map("1"), config_map("1")) as script:
        read = source(script)
        assert read.current() is read.current()


def test_what_was_read_a_moment_ago_is_recent_enough_for_a_step() -> None:
    clock = Clock()
    with serving(config_map("1"), config_map("2", workers="3")) as script:
        read = source(script, clock=clock)
        assert read.recent() is read.recent()
        clock.now += RECENT_SECONDS
        assert read.recent().workers == 3


def test_a_change_is_in_force_at_once() -> None:
    with serving(config_map("1", workers="2"), config_map("2", workers="3")) as script:
        read = source(script)
        assert [read.current().workers, read.current().workers] == [2, 3]


def test_the_last_good_one_stays_in_force_and_the_problem_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad = [config_map("2", workers="x"), EVENT, (404, {}), EVENT]
    good = [config_map("3", workers="4"), EVENT]
    with serving(config_map("1", workers="2"), *bad, *good) as script:
        read = source(script)
        assert (read.current().workers, read.problem) == (2, "")
        assert read.current().workers == 2
        assert "data.workers" in read.problem
        assert read.current().workers == 2
        assert "settings" in read.problem
        assert (read.current().workers, read.problem) == (4, "")
    assert caplog.text.count("the last good one stays in force") == 2


def test_each_problem_is_an_event_on_the_object_once() -> None:
    bad = [config_map("2", workers="x"), EVENT, config_map("3", workers="x", debug_logging="true")]
    with serving(config_map("1"), *bad, config_map("4"), EVENT) as script:
        read = source(script)
        for _ in range(4):
            read.current()
    told = [asked.body for asked in script.asked if asked.method == "POST"]
    assert [(event["type"], event["reason"]) for event in told] == [
        ("Warning", "Configuration"),
        ("Normal", "Configuration"),
    ]
    assert "data.workers" in told[0]["message"]
    assert told[0]["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "namespace": "ops",
        "name": "settings",
        "uid": "1",
    }


def test_a_misspelt_key_is_told_without_its_value() -> None:
    with serving(config_map("1", watched_namespaces="s3cret"), EVENT) as script:
        read = source(script)
        read.current()
        assert read.remarks.startswith("data.watched_namespaces has no effect")
        assert read.problem == ""
    told = script.asked[-1].body
    assert told["type"] == "Warning"
    assert "data.watched_namespaces" in told["message"]
    assert "s3cret" not in told["message"]


def test_without_a_good_one_nothing_can_be_done(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), serving((404, {}), EVENT, (404, {})) as script:
        read = source(script)
        for _ in range(2):
            with pytest.raises(InvalidConfiguration, match="an object that exists"):
                read.current()


def test_a_server_that_is_down_is_no_bad_configuration() -> None:
    with serving((503, {})) as script, pytest.raises(Unavailable):
        source(script).current()


def test_a_place_that_is_none_is_named() -> None:
    with serving() as script, pytest.raises(InvalidConfiguration, match="CONFIG_MAP_NAME"):
        source(script, config_map="ns/").current()


def test_a_value_that_is_hardly_meant_is_told_on_the_object() -> None:
    with serving(config_map("1", max_instances="0"), EVENT) as script:
        source(script).current()
    (event,) = [asked.body for asked in script.asked if asked.method == "POST"]
    assert event["type"] == "Warning"
    assert "data.max_instances: 0, where -1 for no limit" in event["message"]
