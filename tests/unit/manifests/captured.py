"""The golden cases as inputs of builders, and what the API server stored of each object."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from activities.manifests.inputs import PodEnvironment
from tests.apiserver.golden.case import Case, cases
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql, parse

Object = dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """A resource at one moment of a case, and the objects that were there then."""

    case: Case
    name: str
    manifest: Object
    objects: dict[str, Object]

    def __str__(self) -> str:
        return f"{self.case.name}-{self.name}"

    @property
    def cluster(self) -> Postgresql:
        meta = self.manifest["metadata"]
        uid = f"<uid:postgresql/{meta['name']}>"
        return parse(
            {
                **self.manifest,
                "metadata": {**meta, "namespace": self.case.name, "uid": uid},
            }
        )

    @property
    def configuration(self) -> Configuration:
        given = yaml.safe_load(self.case.configuration.read_text())
        namespace = self.case.operator_namespace
        if given["kind"] == "ConfigMap":
            return Configuration.from_config_map(given["data"], operator_namespace=namespace)
        return Configuration.from_object(given, operator_namespace=namespace)

    @property
    def environment(self) -> PodEnvironment:
        there = {(m["kind"], m["metadata"]["name"]): m for m in self.case.manifests()}
        configuration = self.configuration
        secret = there.get(("Secret", configuration.pod_environment_secret), {})
        name = configuration.pod_environment_configmap
        config_map = there.get(("ConfigMap", name.name), {}) if name else {}
        return PodEnvironment(
            secret_keys=list(secret.get("stringData", {})), config_map=config_map.get("data", {})
        )

    @property
    def backup_keys(self) -> list[str]:
        """Keys of the Secret with the environment of backups."""
        wanted = self.configuration.logical_backup_cronjob_environment_secret
        return [
            key
            for manifest in self.case.manifests()
            if manifest["kind"] == "Secret" and manifest["metadata"]["name"] == wanted
            for key in manifest["stringData"]
        ]

    def of_kind(self, kind: str) -> dict[str, Object]:
        """Captured objects by name."""
        return {
            key.split("/")[2]: obj
            for key, obj in self.objects.items()
            if key.split("/")[0] == kind and key.split("/")[1] == self.case.name
        }


def stages() -> Iterator[Stage]:
    """Every moment of every case at which a resource was applied and accepted."""
    for case in cases():
        golden = {stage["stage"]: stage for stage in case.golden()["stages"]}
        objects: dict[str, Object] = {}
        inputs = [("create", case.manifests())]
        inputs += [(step.name, case.documents(step.path)) for step in case.steps]
        for name, manifests in inputs:
            objects = {**objects, **golden[name]["objects"]}
            accepted = [m for m in manifests if _built(m, case, objects)]
            yield from (Stage(case, name, manifest, objects) for manifest in accepted)


def _built(manifest: Object, case: Case, objects: dict[str, Object]) -> bool:
    name = manifest["metadata"]["name"]
    return manifest["kind"] == "postgresql" and f"StatefulSet/{case.name}/{name}" in objects
