import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from activities.kube import drift, keep
from activities.manifests import statefulset
from tests.unit.kube.comparing import as_text, contained
from tests.unit.manifests import desired
from tests.unit.manifests.captured import Stage, stages

Object = dict[str, Any]
STAGES = list(stages())


def container(**fields: Any) -> Object:
    return {"name": "postgres", "image": "db:1", **fields}


def stateful_set(*containers: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "c", "namespace": "ns", "labels": {"team": "a"}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [*containers]}}, **spec},
    }


def stored(manifest: Object) -> Object:
    """With what an API server adds to everything."""
    live = copy.deepcopy(manifest)
    live["metadata"] |= {"uid": "1", "resourceVersion": "5", "creationTimestamp": "t"}
    live["status"] = {"replicas": 2}
    return live


def differences(want: Object, have: Object) -> list[str]:
    return drift.difference(stateful_set(want), stored(stateful_set(have)))


def test_an_object_stored_as_sent_does_not_differ() -> None:
    manifest = stateful_set(container())
    assert drift.difference(manifest, stored(manifest)) == []


def test_a_changed_field_is_named_by_its_path() -> None:
    paths = differences(container(image="db:2"), container(image="db:1"))
    assert paths == ["spec.template.spec.containers[postgres].image"]


def test_defaults_and_foreign_fields_do_not_count() -> None:
    have = container(terminationMessagePath="/dev/termination-log")
    manifest = stateful_set(container())
    live = stored(stateful_set(have, revisionHistoryLimit=10))
    live["metadata"]["annotations"] = {"somebody.else/said": "so"}
    assert drift.difference(manifest, live) == []


def test_a_container_that_somebody_injected_does_not_count() -> None:
    manifest = stateful_set(container())
    live = stored(stateful_set(container(), {"name": "mesh", "image": "proxy"}))
    assert drift.difference(manifest, live) == []


@pytest.mark.parametrize(
    ("want", "have"),
    [
        ({"requests": {"cpu": "1000m"}}, {"requests": {"cpu": "1"}}),
        ({"limits": {"memory": "1024Mi"}}, {"limits": {"memory": "1Gi"}}),
        ({"limits": {"cpu": "0.5"}}, {"limits": {"cpu": "500m"}}),
    ],
)
def test_quantities_are_compared_by_amount(want: Object, have: Object) -> None:
    assert differences(container(resources=want), container(resources=have)) == []


def test_another_amount_differs() -> None:
    want = container(resources={"limits": {"cpu": "2"}})
    have = container(resources={"limits": {"cpu": "1"}})
    assert len(differences(want, have)) == 1


def test_text_that_looks_like_a_quantity_is_still_text() -> None:
    want = container(env=[{"name": "N", "value": "1000m"}])
    have = container(env=[{"name": "N", "value": "1"}])
    assert differences(want, have) == ["spec.template.spec.containers[postgres].env[N].value"]


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_empty_is_as_good_as_absent(nothing: Any) -> None:
    assert differences(container(args=nothing), container()) == []


@pytest.mark.parametrize("field", ["privileged", "runAsNonRoot"])
def test_false_is_not_absent_where_it_is_a_choice(field: str) -> None:
    assert differences(container(securityContext={field: False}), container()) != []


def test_zero_is_absent_where_the_server_drops_it() -> None:
    probe = {"httpGet": {"port": 8008, "path": "/"}}
    want = container(livenessProbe={**probe, "initialDelaySeconds": 0})
    assert differences(want, container(livenessProbe=probe)) == []


def test_ports_may_be_numbers_or_text() -> None:
    want = container(livenessProbe={"httpGet": {"port": "8008"}})
    have = container(livenessProbe={"httpGet": {"port": 8008}})
    assert differences(want, have) == []


def test_ports_are_told_apart_by_number_and_protocol() -> None:
    want = container(ports=[{"containerPort": 5432}, {"containerPort": 8008}])
    have = container(
        ports=[
            {"containerPort": 8008, "protocol": "TCP"},
            {"containerPort": 5432, "protocol": "TCP"},
        ]
    )
    assert differences(want, have) == []


def test_the_order_of_environment_variables_does_not_matter() -> None:
    one, other = {"name": "A", "value": "1"}, {"name": "B", "value": "2"}
    assert differences(container(env=[one, other]), container(env=[other, one])) == []


def test_of_two_variables_of_one_name_the_last_counts() -> None:
    want = container(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}])
    assert differences(want, container(env=[{"name": "A", "value": "2"}])) == []


def test_the_order_of_init_containers_matters() -> None:
    one, other = {"name": "a", "image": "i"}, {"name": "b", "image": "i"}
    want, have = stateful_set(container()), stored(stateful_set(container()))
    want["spec"]["template"]["spec"]["initContainers"] = [one, other]
    have["spec"]["template"]["spec"]["initContainers"] = [other, one]
    assert drift.difference(want, have) == ["spec.template.spec.initContainers (order)"]


def spilo(**content: Any) -> Object:
    return container(env=[{"name": "SPILO_CONFIGURATION", "value": json.dumps(content)}])


def test_the_start_configuration_of_patroni_does_not_restart_pods() -> None:
    want = spilo(postgresql={}, bootstrap={"initdb": [], "dcs": {"ttl": 30}})
    have = spilo(bootstrap={"dcs": {"ttl": 20}, "initdb": []}, postgresql={})
    assert differences(want, have) == []


def test_other_parts_of_the_spilo_configuration_count() -> None:
    want = spilo(postgresql={"parameters": {"shared_buffers": "1GB"}})
    assert len(differences(want, spilo(postgresql={}))) == 1


def test_a_selector_must_be_equal_as_a_whole() -> None:
    want = {"kind": "Service", "metadata": {"name": "c"}, "spec": {"selector": {"a": "1"}}}
    have = {"metadata": {"name": "c"}, "spec": {"selector": {"a": "1", "b": "2"}}}
    assert drift.difference(want, have) == ["spec.selector.b"]


def test_source_ranges_are_a_set() -> None:
    want = {"metadata": {"name": "c"}, "spec": {"loadBalancerSourceRanges": ["a", "b"]}}
    have = {"metadata": {"name": "c"}, "spec": {"loadBalancerSourceRanges": ["b", "a"]}}
    assert drift.difference(want, have) == []


def test_ignored_annotations_are_not_compared() -> None:
    want = {"metadata": {"name": "c", "annotations": {"x.io/y": "1", "plain": "1"}}}
    have = {"metadata": {"name": "c", "annotations": {"x.io/y": "2", "plain": "2"}}}
    assert drift.difference(want, have, ignored_annotations=["x.io/y", "plain"]) == []


@pytest.mark.parametrize(
    ("left", "path"),
    [
        ({"metadata": {"annotations": {"a": "1"}}}, "metadata.annotations.a"),
        ({"spec": {"storageClassName": "fast"}}, "spec.storageClassName"),
        ({"spec": {"selector": {"matchLabels": {}}}}, "spec.selector"),
    ],
)
def test_what_is_left_in_templates_of_claims_counts(left: Object, path: str) -> None:
    claim: Object = {"metadata": {"name": "pgdata"}, "spec": {}}
    other = {part: {**claim[part], **left.get(part, {})} for part in claim}
    want = stateful_set(container(), volumeClaimTemplates=[claim])
    have = stored(stateful_set(container(), volumeClaimTemplates=[other]))
    assert drift.difference(want, have) == [f"spec.volumeClaimTemplates[0].{path}"]


def test_ignored_annotations_of_claims_are_sent_as_they_are() -> None:
    claim: Object = {"metadata": {"name": "pgdata"}, "spec": {}}
    other = {"metadata": {"name": "pgdata", "annotations": {"a": "1"}}, "spec": {}}
    want = stateful_set(container(), volumeClaimTemplates=[claim])
    have = stored(stateful_set(container(), volumeClaimTemplates=[other]))
    assert drift.difference(want, have, ignored_annotations=["a"]) == []
    (sent,) = keep.settled(want, have, ignored_annotations=["a"])["spec"]["volumeClaimTemplates"]
    assert sent["metadata"]["annotations"] == {"a": "1"}


def test_labels_of_existing_claims_do_not_count() -> None:
    claim = {"metadata": {"name": "pgdata", "labels": {"a": "1"}}, "spec": {}}
    other = {"metadata": {"name": "pgdata", "labels": {"a": "2"}}, "spec": {}}
    want = stateful_set(container(), volumeClaimTemplates=[claim])
    have = stored(stateful_set(container(), volumeClaimTemplates=[other]))
    assert drift.difference(want, have) == []
    assert keep.settled(want, have)["spec"]["volumeClaimTemplates"] == [other]


def test_a_long_list_of_paths_is_cut_for_people() -> None:
    assert drift.in_one_line(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_what_was_captured_is_taken_over_to_the_letter(stage: Stage) -> None:
    """Taking over a running cluster must not change its pod template."""
    built = desired.objects(
        cluster=stage.cluster, configuration=stage.configuration, environment=stage.environment
    )
    for manifest in built:
        live = as_text(stage.of_kind(manifest["kind"])[manifest["metadata"]["name"]])
        assert drift.changed(manifest, live) == []
        for part in ("metadata", "spec"):
            assert contained(keep.settled(manifest, live).get(part), live.get(part))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in steps:
            yield from leaves(item, (*path, key))
    else:
        yield path


def with_another(manifest: Object, path: tuple[Any, ...]) -> Object:
    live = copy.deepcopy(manifest)
    part = live
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = "otherwise"
    return live


def test_every_single_change_of_a_stateful_set_is_noticed() -> None:
    stage = next(stage for stage in STAGES if stage.case.name == "complete")
    built = statefulset.build(
        cluster=stage.cluster, configuration=stage.configuration, environment=stage.environment
    )
    places = [path for path in leaves({"spec": built["spec"]}) if "labels" not in path]
    unnoticed = [path for path in places if not drift.changed(built, with_another(built, path))]
    assert len(places) > 100
    assert unnoticed == []


def test_a_class_that_new_claims_are_not_to_have_any_more_is_noticed() -> None:
    def stateful_set(**more: str) -> Object:
        claim = {"metadata": {"name": "pgdata"}, "spec": {"volumeMode": "Filesystem", **more}}
        return {"kind": "StatefulSet", "spec": {"volumeClaimTemplates": [claim]}}

    found = drift.changed(stateful_set(), stateful_set(volumeAttributesClassName="fast"))
    assert found == ["spec.volumeClaimTemplates[0].spec.volumeAttributesClassName"]
