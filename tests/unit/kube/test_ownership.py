from typing import Any

from activities.kube import ownership

Object = dict[str, Any]
PORT = 'k:{"port":5432,"protocol":"TCP"}'


def entry(fields: Object, *, operation: str = "Apply", **more: Any) -> Object:
    return {
        "manager": "postgres-operator",
        "operation": operation,
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        **more,
    }


def live(*entries: Object) -> Object:
    return {"metadata": {"name": "c", "managedFields": list(entries)}}


def test_what_is_ours_and_not_wanted_any_more_is_surplus() -> None:
    fields: Object = {"f:metadata": {"f:annotations": {".": {}, "f:a.io/x": {}, "f:y": {}}}}
    desired = {"metadata": {"name": "c", "annotations": {"y": "1"}}}
    assert ownership.surplus(desired, live(entry(fields))) == ["metadata.annotations[a.io/x]"]


def test_what_another_manager_set_is_no_surplus() -> None:
    foreign = entry({"f:spec": {"f:x": {}}}) | {"manager": "kubectl-edit"}
    assert ownership.surplus({"metadata": {}}, live(foreign)) == []


def test_fields_of_a_subresource_are_no_surplus() -> None:
    status = entry({"f:status": {"f:x": {}}}, subresource="status")
    assert ownership.surplus({"metadata": {}}, live(status)) == []


def test_items_are_found_by_key_even_when_a_default_is_left_out() -> None:
    fields: Object = {"f:spec": {"f:ports": {PORT: {".": {}, "f:port": {}, "f:name": {}}}}}
    desired = {"spec": {"ports": [{"name": "postgresql", "port": 5432}]}}
    assert ownership.surplus(desired, live(entry(fields))) == []
    assert ownership.surplus({"spec": {"ports": []}}, live(entry(fields))) == ["spec.ports[5432]"]


def test_values_of_sets_are_found() -> None:
    fields: Object = {"f:metadata": {"f:finalizers": {'v:"a"': {}, 'v:"b"': {}}}}
    desired = {"metadata": {"finalizers": ["a"]}}
    assert ownership.surplus(desired, live(entry(fields))) == ['metadata.finalizers["b"]']


def test_what_was_set_by_plain_updates_under_our_name_is_surplus_too() -> None:
    update = entry({"f:spec": {"f:loadBalancerSourceRanges": {}}}, operation="Update")
    desired: Object = {"spec": {"type": "ClusterIP"}}
    assert ownership.surplus(desired, live(update)) == ["spec.loadBalancerSourceRanges"]


def test_plain_updates_under_our_name_are_turned_into_applied_fields() -> None:
    update = entry({"f:spec": {"f:a": {}}}, operation="Update", time="2026-01-01T00:00:00Z")
    applied = entry({"f:spec": {"f:b": {}}})
    other = entry({"f:spec": {"f:c": {}}}, operation="Update") | {"manager": "kubectl"}
    adopted = ownership.adopted(live(update, applied, other))
    assert adopted == [entry({"f:spec": {"f:a": {}, "f:b": {}}}), other]


def test_without_plain_updates_there_is_nothing_to_adopt() -> None:
    assert ownership.adopted(live(entry({"f:spec": {"f:b": {}}}))) is None
