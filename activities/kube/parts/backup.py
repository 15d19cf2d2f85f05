"""The CronJob that dumps all databases."""

from collections.abc import Iterator

from activities.kube import children as family
from activities.kube import environment, ownership
from activities.kube.child import Child, Kept, Surplus
from activities.kube.client import Object
from activities.kube.parts.sight import Sight
from activities.manifests import logical_backup
from workflows.model import names
from workflows.model.errors import NotYet


def children(sight: Sight) -> Iterator[Child]:
    wanted = sight.cluster.spec.enable_logical_backup
    name = names.logical_backup_job(sight.name, sight.configuration.logical_backup_job_prefix)
    if wanted:
        yield from _job(name, sight)
    for one in _jobs(sight, wanted=wanted):
        if not (wanted and one["metadata"]["name"] == name):
            # a backup that runs is let finish: cut short, its dump would look like a whole one
            yield Surplus(one, "logical backups are switched off", propagation="Orphan")


def _job(name: str, sight: Sight) -> Iterator[Child]:
    """Stays as it is while the Secret for its environment is missing."""
    parameter = "logical_backup_cronjob_environment_secret"
    secret = sight.configuration.logical_backup_cronjob_environment_secret
    try:
        keys = environment.keys_of(sight.existing, sight.namespace, secret, parameter)
    except NotYet as error:
        sight.note(str(error))
        return
    manifest = logical_backup.build(
        cluster=sight.cluster, configuration=sight.configuration, secret_keys=keys
    )
    yield Kept(manifest, sight.existing.find("CronJob", name))


def _jobs(sight: Sight, *, wanted: bool) -> list[Object]:
    """One of another name is left of another `logical_backup_job_prefix`."""
    if not wanted:
        return sight.strays("CronJob", _is_ours)
    return [one for one in sight.existing.of("CronJob").values() if _is_ours(one)]


def _is_ours(found: Object) -> bool:
    return family.is_backup(found) and ownership.is_ours(found)
