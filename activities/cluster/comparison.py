"""Compares all child objects of a cluster with what they should be."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from activities.kube import credentials, drift, existing, wanted
from activities.kube.apply import role_of_account
from activities.kube.client import Kube, Object, address
from activities.kube.existing import Existing, is_going
from activities.kube.judge import Judge
from activities.manifests.metadata import selector_labels
from activities.postgres.role import Role
from workflows.model.configuration import Configuration
from workflows.model.errors import NotYet
from workflows.model.observation import Drift, ObjectSeen
from workflows.model.postgresql import Postgresql

Concerned = Callable[[str], AbstractContextManager[None]]
Note = Callable[[str, str], None]

TROUBLED_ACCESS = "Access"
TROUBLED_SERVICES = "Services"
TROUBLED_SECRETS = "Secrets"
TROUBLED_BUDGETS = "DisruptionBudgets"
TROUBLED_STATEFUL_SET = "StatefulSet"
_NOT_THERE = "it does not exist"


class Comparison:
    """One look at the children of one cluster; only reads.

    `concerned` is a context for a part that may fail without spoiling the others, `note` records
    what can't be put right.
    """

    def __init__(
        self,
        *,
        kube: Kube,
        judge: Judge,
        cluster: Postgresql,
        configuration: Configuration,
        roles: Sequence[Role],
        concerned: Concerned,
        note: Note,
    ) -> None:
        self._kube = kube
        self._judge = judge
        self._cluster = cluster
        self._configuration = configuration
        self._roles = [role for role in roles if role.secret is not None]
        self._concerned = concerned
        self._note = note
        self._namespace = cluster.metadata.namespace
        self._labels = selector_labels(cluster, configuration)
        self.differing: list[ObjectSeen] = []
        self.equal = 0

    def run(self, stateful_set: Object | None) -> None:
        """Fill `differing` and `equal`; `stateful_set` as it was read already."""
        with self._concerned(TROUBLED_ACCESS):
            self._compare_access()
        with self._concerned(TROUBLED_SERVICES):
            self._compare_listed(wanted.network(self._cluster, self._configuration))
        with self._concerned(TROUBLED_SECRETS):
            self._compare_secrets()
        with self._concerned(TROUBLED_BUDGETS):
            self._compare_listed(wanted.budgets(self._cluster, self._configuration))
        with self._concerned(TROUBLED_STATEFUL_SET):
            self._compare_stateful_set(stateful_set)

    def _compare_access(self) -> None:
        """Shared objects only have to be there, with the right cloud role."""
        for manifest in wanted.access(self._cluster, self._configuration):
            live = self._kube.get(*address(manifest))
            role = self._configuration.irsa_role_arn or None
            if live and live["kind"] == "ServiceAccount" and role_of_account(live) != role:
                self._differs(manifest, Drift.CHANGED, "the cloud role in its annotations")
            else:
                self._judged(manifest, live, paths=[])

    def _compare_listed(self, manifests: Sequence[Object]) -> None:
        """One list request for each kind."""
        found = self._listed(*(manifest["kind"] for manifest in manifests))
        for manifest in manifests:
            there = found.get((manifest["kind"], manifest["metadata"]["name"]))
            self._judged(manifest, there, paths=self._difference(manifest, there))

    def _listed(self, *kinds: str) -> Existing:
        return existing.listed(self._kube, kinds, namespace=self._namespace, labels=self._labels)

    def _compare_secrets(self) -> None:
        impossible = credentials.obstacles(self._kube, self._roles, home=self._namespace)
        for reason in impossible.values():
            self._note(TROUBLED_SECRETS, reason)
        found = self._listed("Secret")
        for role in self._roles:
            if role.name not in impossible:
                self._compare_secret(role, found)

    def _compare_secret(self, role: Role, found: Existing) -> None:
        assert role.secret is not None
        if role.secret.namespace == self._namespace:
            live = found.get(("Secret", role.secret.name))
        else:
            live = self._kube.get("Secret", role.secret.namespace, role.secret.name)
        if live is None:
            self._missing("Secret", role.secret.name, namespace=role.secret.namespace)
            return
        manifest = credentials.build(
            role, live, cluster=self._cluster, configuration=self._configuration
        )
        self._judged(manifest, live, paths=self._difference(manifest, live))

    def _compare_stateful_set(self, live: Object | None) -> None:
        try:
            manifest = wanted.stateful_set(self._kube, self._cluster, self._configuration)
        except NotYet as error:
            self._note(TROUBLED_STATEFUL_SET, str(error))
            if live is None:
                name = self._cluster.metadata.name
                self._missing("StatefulSet", name, namespace=self._namespace, why=str(error))
            return
        self._judged(manifest, live, paths=self._difference(manifest, live))

    def _difference(self, manifest: Mapping[str, Any], live: Object | None) -> list[str]:
        if live is None:
            return []
        ignored = self._configuration.ignored_annotations
        return self._judge.difference(manifest, live, ignored_annotations=ignored)

    def _judged(
        self, manifest: Mapping[str, Any], live: Object | None, *, paths: Sequence[str]
    ) -> None:
        if live is None:
            self._differs(manifest, Drift.MISSING, _NOT_THERE)
        elif is_going(live):
            self._differs(manifest, Drift.MISSING, "it is being deleted")
        elif paths:
            self._differs(manifest, Drift.CHANGED, drift.in_one_line(paths))
        else:
            self.equal += 1

    def _missing(self, kind: str, name: str, *, namespace: str, why: str = _NOT_THERE) -> None:
        manifest = {"kind": kind, "metadata": {"name": name, "namespace": namespace}}
        self._differs(manifest, Drift.MISSING, why)

    def _differs(self, manifest: Mapping[str, Any], drift_found: Drift, why: str) -> None:
        metadata = manifest["metadata"]
        self.differing.append(
            ObjectSeen(
                kind=manifest["kind"],
                name=metadata["name"],
                namespace=metadata["namespace"],
                drift=drift_found,
                why=why,
            )
        )
