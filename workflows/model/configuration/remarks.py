"""What is accepted in the operator's configuration and does not do what its author may expect.

Zalando's operator says nothing of these, or a line in its log.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from workflows.model import golang
from workflows.model.configuration import config_map
from workflows.model.configuration.model import Configuration
from workflows.model.configuration.parameter import Form
from workflows.model.configuration.sections import Entry, entries
from workflows.model.errors import FieldError
from workflows.model.names import APPLICATION, CONNECTION_POOLER, TEAM
from workflows.model.shape import meant

_RETENTION: Final = {"when_deleted", "when_scaled"}


def notices(data: Mapping[str, Any]) -> list[FieldError]:
    """Keys of a ConfigMap that have no effect or an unclear one."""
    known = {entry.name: entry for entry in entries("config map")}
    return [
        *(_unknown(f"data.{key}", key, known) for key in data if key not in known),
        *_superseded(data),
        *(_odd(entry, data) for entry in known.values() if _is_odd(entry, data)),
        *(
            FieldError("data.maintenance_windows", one, "a window")
            for one in config_map.skipped_windows(data)
        ),
    ]


def doubts(configuration: Configuration, form: Form) -> list[FieldError]:
    """Values that are accepted, as ever, and hardly meant."""
    places = {"object": "configuration", "config map": "data"}
    paths = {
        entry.name: f"{places[form]}.{entry.path if form == 'object' else entry.name}"
        for entry in entries(form)
    }
    return list(_of_values(configuration, paths))


def _unknown(path: str, key: str, known: Mapping[str, Any]) -> FieldError:
    near = meant(key, known)
    return FieldError(path, key, f"`{near}`" if near else "a parameter of this operator")


def _superseded(data: Mapping[str, Any]) -> Iterator[FieldError]:
    if "enable_load_balancer" in data:
        yield FieldError(
            "data.enable_load_balancer",
            data["enable_load_balancer"],
            "enable_master_load_balancer and enable_replica_load_balancer",
        )


def _is_odd(entry: Entry, data: Mapping[str, Any]) -> bool:
    """A word that none of the parameter's words is: it goes through, with an unclear effect."""
    rule = None if entry.declared.accepts_text else entry.declared.accepts
    value = data.get(entry.name)
    return bool(value and rule and "enum" in rule.schema and rule.refuses(value))


def _odd(entry: Entry, data: Mapping[str, Any]) -> FieldError:
    rule = entry.declared.accepts
    return FieldError(f"data.{entry.name}", data[entry.name], rule.accepted if rule else "")


def _of_values(configuration: Configuration, paths: Mapping[str, str]) -> Iterator[FieldError]:
    if configuration.max_instances == 0:
        yield FieldError(paths["max_instances"], 0, "-1 for no limit; 0 stops every cluster")
    fewest, most = configuration.min_instances, configuration.max_instances
    if fewest > most > 0:
        accepted = f"at most `max_instances`, {most}; the smaller of both wins"
        yield FieldError(paths["min_instances"], fewest, accepted)
    if APPLICATION not in configuration.cluster_labels:
        yield FieldError(
            paths["cluster_labels"],
            configuration.cluster_labels,
            "the key `application`, which keeps poolers and backups out of the services",
        )
    yield from _of_names(configuration, paths)
    yield from _of_versions(configuration, paths)
    for pattern in configuration.downscaler_annotations:
        if not golang.is_pattern(pattern):
            path = paths["downscaler_annotations"]
            yield FieldError(path, pattern, "a regular expression; this one is left out")
    if configuration.additional_secret_mount_path and not configuration.additional_secret_mount:
        path = paths["additional_secret_mount_path"]
        value = configuration.additional_secret_mount_path
        yield FieldError(path, value, "an `additional_secret_mount`, too")
    for key in configuration.persistent_volume_claim_retention_policy.keys() - _RETENTION:
        path = f"{paths['persistent_volume_claim_retention_policy']}.{key}"
        yield FieldError(path, key, " or ".join(sorted(_RETENTION)))


def _of_names(configuration: Configuration, paths: Mapping[str, str]) -> Iterator[FieldError]:
    template = configuration.secret_name_template
    if "{cluster}" not in template:
        accepted = "`{cluster}` in it; two clusters of one namespace would share their Secrets"
        yield FieldError(paths["secret_name_template"], template, accepted)
    team = configuration.cluster_labels.get(TEAM)
    if team is not None:
        accepted = "a key other than `team`; clusters of any other team can't be made"
        yield FieldError(f"{paths['cluster_labels']}.{TEAM}", team, accepted)
    role = configuration.pod_role_label
    if role in (APPLICATION, CONNECTION_POOLER):
        accepted = f"a label other than `{role}`; no pooler can be made with it"
        yield FieldError(paths["pod_role_label"], role, accepted)


def _of_versions(configuration: Configuration, paths: Mapping[str, str]) -> Iterator[FieldError]:
    lowest, target = configuration.minimal_major_version, configuration.target_major_version
    if configuration.major_version_upgrade_mode == "full" and int(lowest) > int(target):
        accepted = f"at most `target_major_version`, {target}; no version is lifted that far"
        yield FieldError(paths["minimal_major_version"], lowest, accepted)
