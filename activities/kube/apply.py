"""Bringing one group of child objects to what resource and configuration say."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from activities.kube import credentials, existing, finalizer, wanted
from activities.kube.client import Kube, Object, address
from activities.kube.existing import Existing, name_of
from activities.kube.judge import Judge
from activities.kube.writer import Writer
from activities.manifests.metadata import selector_labels
from activities.postgres.role import Role
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden, MatriarchError, Precondition
from workflows.model.operations import Applied, Group
from workflows.model.postgresql import Postgresql


class Application:
    """Applies groups of one cluster; one object per activity."""

    def __init__(
        self,
        *,
        kube: Kube,
        judge: Judge,
        cluster: Postgresql,
        configuration: Configuration,
        roles: Sequence[Role],
        tell: Callable[[str], None],
    ) -> None:
        self._kube = kube
        self._cluster = cluster
        self._configuration = configuration
        self._roles = [role for role in roles if role.secret is not None]
        self._problems: list[str] = []
        ignored = configuration.ignored_annotations
        self._writer = Writer(kube, judge, ignored_annotations=ignored, tell=tell)

    def apply(self, group: Group) -> Applied:
        """Write what is missing or differs; what is right is only read."""
        if group is Group.ACCESS:
            self._apply_access()
        elif group is Group.SECRETS:
            self._apply_secrets()
        elif group is Group.STATEFUL_SET:
            manifest = wanted.stateful_set(self._kube, self._cluster, self._configuration)
            self._writer.put(manifest, self._kube.get(*address(manifest)))
        else:
            self._apply_plain(wanted.PLAIN[group](self._cluster, self._configuration))
        return Applied(
            created=self._writer.created, changed=self._writer.changed, problems=self._problems
        )

    def _apply_plain(self, manifests: Sequence[Object]) -> None:
        """What is there without our labels is found by the apply itself, which merges into it."""
        found = self._listed(*(manifest["kind"] for manifest in manifests))
        for manifest in manifests:
            live = found.get((manifest["kind"], manifest["metadata"]["name"]))
            self._writer.put(manifest, live)

    def _listed(self, *kinds: str) -> Existing:
        return existing.listed(
            self._kube,
            kinds,
            namespace=self._cluster.metadata.namespace,
            labels=selector_labels(self._cluster, self._configuration),
            fresh=True,
        )

    # ---------------------------------------------------------------------------------- access

    def _apply_access(self) -> None:
        if finalizer.align(
            self._kube, self._cluster.metadata, wanted=self._configuration.enable_finalizers
        ):
            self._writer.changed.append(f"{names.KIND}/{self._cluster.metadata.name}")
        for manifest in wanted.access(self._cluster, self._configuration):
            found = self._kube.get(*address(manifest))
            if found is None and not self._writer.make(manifest):
                found = self._kube.get(*address(manifest))  # made for another cluster just now
            if found is not None and found["kind"] == "ServiceAccount":
                self._align_role_of_account(found)

    def _align_role_of_account(self, account: Object) -> None:
        role = self._configuration.irsa_role_arn or None
        if role_of_account(account) == role:
            return
        annotations = {names.IRSA_ROLE: role}
        self._kube.patch(*address(account), {"metadata": {"annotations": annotations}})
        self._writer.changed.append(name_of(account))

    # --------------------------------------------------------------------------------- secrets

    def _apply_secrets(self) -> None:
        """One bad Secret doesn't keep the others from being made, nor anything that follows.

        Only what may pass by itself is raised, after the rest is done, to be tried again soon.
        """
        home = self._cluster.metadata.namespace
        impossible = credentials.obstacles(self._kube, self._roles, home=home)
        found = self._listed("Secret")
        errors: list[MatriarchError] = []
        for role in self._roles:
            if role.name in impossible:
                self._problems.append(impossible[role.name])
                continue
            try:
                self._put_secret(role, found)
            except (Forbidden, Precondition) as error:
                self._problems.append(f"secret of role {role.name}: {error}")
            except MatriarchError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _put_secret(self, role: Role, found: Existing) -> None:
        """Not made by an apply, which would overwrite a password that somebody made meanwhile."""
        assert role.secret is not None
        place = "Secret", role.secret.namespace, role.secret.name
        at_home = role.secret.namespace == self._cluster.metadata.namespace
        live = found.get(("Secret", role.secret.name)) if at_home else None
        if live is None and self._writer.make(self._secret(role, None)):
            return
        live = live or self._kube.get(*place)
        self._writer.put(self._secret(role, live), live)

    def _secret(self, role: Role, live: Object | None) -> Object:
        return credentials.build(
            role, live, cluster=self._cluster, configuration=self._configuration
        )


def role_of_account(account: Mapping[str, Any]) -> str | None:
    """The cloud role that pods with this ServiceAccount take."""
    annotations: Mapping[str, str] = account["metadata"].get("annotations") or {}
    return annotations.get(names.IRSA_ROLE)
