"""Which differences restart pods: judged by templates as a real API server stored them."""

import copy
from collections.abc import Mapping
from typing import Any, cast

import pytest

from activities.kube.client import Kube
from activities.kube.staleness import Newest
from workflows.model import names
from workflows.model.errors import Forbidden
from workflows.model.members import FLAGGED

Object = dict[str, Any]
OLD, NEW = "c-1", "c-2"

TEMPLATE: Object = {
    "metadata": {"labels": {"cluster-name": "c", "team": "a"}, "annotations": {"old": "1"}},
    "spec": {
        "terminationGracePeriodSeconds": 300,
        "tolerations": [{"key": "database", "operator": "Exists"}],
        "containers": [
            {
                "name": "postgres",
                "image": "spilo:1",
                "env": [{"name": "SCOPE", "value": "c"}, {"name": "A", "value": "1"}],
                "resources": {"requests": {"cpu": "100m"}},
            }
        ],
    },
}


class Revisions:
    """The API server, as far as it is asked here."""

    def __init__(self, templates: Mapping[str, Object] | None) -> None:
        self.templates = templates
        self.asked = 0

    def list(self, kind: str, namespace: str, labels: object, *, fresh: bool) -> list[Object]:
        self.asked += 1
        if self.templates is None:
            raise Forbidden("list ControllerRevision")
        return [
            {
                "metadata": {"name": name},
                "data": {"spec": {"template": {"$patch": "replace", **template}}},
            }
            for name, template in self.templates.items()
        ]


def changed(**parts: Any) -> Object:
    """The template with other values in its only container, or at the top of its spec."""
    template = copy.deepcopy(TEMPLATE)
    container = template["spec"]["containers"][0]
    for key, value in parts.items():
        part = container if key in ("image", "env", "resources") else template["spec"]
        part[key] = value
    return template


def pod(template: Object = TEMPLATE, *, revision: str = OLD) -> Object:
    """As admission leaves it: with more than its template asked for."""
    made = copy.deepcopy(template)
    made["metadata"]["labels"]["controller-revision-hash"] = revision
    made["spec"]["containers"][0]["env"].append({"name": "AWS_REGION", "value": "eu"})
    made["spec"]["containers"].append({"name": "istio-proxy", "image": "proxy"})
    made["spec"]["tolerations"].append({"key": "node.kubernetes.io/not-ready"})
    return made


def newest(
    template: Object,
    *,
    revisions: Revisions | None = None,
    lazy: bool = False,
    observed: int = 2,
) -> Newest:
    stateful_set = {
        "metadata": {"name": "c", "namespace": "n", "generation": 2},
        "spec": {"template": template, "selector": {"matchLabels": {"cluster-name": "c"}}},
        "status": {"updateRevision": NEW, "observedGeneration": observed},
    }
    found = revisions or Revisions({OLD: TEMPLATE, NEW: template})
    return Newest(cast(Kube, found), stateful_set, lazy=lazy)


def test_a_pod_of_the_newest_revision_is_current_without_a_request() -> None:
    revisions = Revisions({})
    template = newest(changed(image="spilo:2"), revisions=revisions)
    assert template.why_stale(pod(revision=NEW)) == ""
    assert revisions.asked == 0


@pytest.mark.parametrize(
    ("template", "where"),
    [
        (changed(image="spilo:2"), "spec.containers[postgres].image"),
        (changed(env=[{"name": "SCOPE", "value": "c"}]), "spec.containers[postgres].env[A]"),
        (
            changed(resources={"requests": {"cpu": "1"}}),
            "spec.containers[postgres].resources.requests.cpu",
        ),
        (changed(resources={}), "spec.containers[postgres].resources.requests.cpu"),
        (changed(tolerations=[]), "spec.tolerations"),
        (changed(terminationGracePeriodSeconds=30), "spec.terminationGracePeriodSeconds"),
        (changed(priorityClassName="high"), "spec.priorityClassName"),
    ],
)
def test_what_a_running_pod_can_not_follow_makes_it_stale(template: Object, where: str) -> None:
    assert where in newest(template).why_stale(pod())


def test_labels_make_it_stale_and_annotations_do_not() -> None:
    labelled, annotated = copy.deepcopy(TEMPLATE), copy.deepcopy(TEMPLATE)
    labelled["metadata"]["labels"]["team"] = "b"
    annotated["metadata"]["annotations"] = {"new": "2"}
    assert newest(labelled).why_stale(pod()) == "metadata.labels.team"
    assert newest(annotated).why_stale(pod()) == ""
    assert not newest(annotated).is_revision_of(pod())


def test_a_lazy_upgrade_leaves_only_the_image_for_later() -> None:
    image = changed(image="spilo:2")
    more = changed(image="spilo:2", env=[])
    assert newest(image, lazy=True).why_stale(pod()) == ""
    assert newest(more, lazy=True).why_stale(pod()) != ""


def test_a_flag_on_the_pod_is_honoured_whatever_its_template() -> None:
    flagged = pod(revision=NEW)
    flagged["metadata"]["annotations"] = {names.ROLLING_UPDATE_REQUIRED: "true"}
    assert newest(TEMPLATE).why_stale(flagged) == FLAGGED


def test_a_revision_is_not_trusted_before_its_controller_has_looked() -> None:
    unseen = Revisions({NEW: TEMPLATE})
    template = newest(changed(image="spilo:2"), revisions=unseen, observed=1)
    assert template.why_stale(pod(revision=NEW)) != ""


@pytest.mark.parametrize("templates", [None, {}], ids=["forbidden", "gone"])
def test_without_its_revision_the_pod_itself_is_compared(
    templates: Mapping[str, Object] | None,
) -> None:
    same = newest(TEMPLATE, revisions=Revisions(templates))
    other = newest(changed(image="spilo:2"), revisions=Revisions(templates))
    assert same.why_stale(pod()) == ""
    assert other.why_stale(pod()) == "spec.containers[postgres].image"


def test_revisions_are_read_once_for_all_pods() -> None:
    revisions = Revisions({OLD: TEMPLATE})
    template = newest(changed(image="spilo:2"), revisions=revisions)
    for _ in range(3):
        template.why_stale(pod())
    assert revisions.asked == 1
