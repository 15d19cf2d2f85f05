"""Containers beside `postgres`, and what all of them get so that they can reach the database."""

from collections.abc import Iterable, Iterator

from activities.manifests.environment import (
    Entry,
    as_stored,
    from_field,
    from_secret,
    literal,
)
from activities.manifests.metadata import Manifest, present
from activities.manifests.postgres_environment import password_of
from activities.manifests.resources import Wishes, of_sidecar, wishes_of
from activities.manifests.volumes import Mounted, data_mount, mounts
from workflows.model.configuration import Configuration
from workflows.model.errors import FieldError
from workflows.model.postgresql import Postgresql
from workflows.model.postgresql.sections import Sidecar


def of_pod(
    *, cluster: Postgresql, configuration: Configuration, mounted: Iterable[Mounted]
) -> list[Manifest]:
    """Manifest first, then the configuration; of two with one name the first is kept."""
    mounted = list(mounted)
    access = _access(cluster, configuration)
    containers: dict[str, Manifest] = {}
    for sidecar in (*_of_manifest(cluster, configuration), *_of_everyone(cluster, configuration)):
        name = str(sidecar["name"])
        containers.setdefault(
            name,
            _connected(sidecar, access, [data_mount(cluster.spec.volume), *mounts(mounted, name)]),
        )
    return list(containers.values())


def refused_at_creation(cluster: Postgresql, configuration: Configuration) -> list[FieldError]:
    """Containers the configuration forbids; a cluster that runs already keeps those it has."""
    return [
        FieldError(f"spec.{field}", f"{len(containers)} containers", f"none, as {switch} is off")
        for field, containers, switch, allowed in (
            (
                "initContainers",
                cluster.spec.init_containers,
                "enable_init_containers",
                configuration.enable_init_containers,
            ),
            ("sidecars", cluster.spec.sidecars, "enable_sidecars", configuration.enable_sidecars),
        )
        if containers and not allowed
    ]


def _of_manifest(cluster: Postgresql, configuration: Configuration) -> Iterator[Manifest]:
    for index, sidecar in enumerate(cluster.spec.sidecars):
        yield _container(sidecar.name or f"sidecar-{index}", sidecar, configuration)


def _of_everyone(cluster: Postgresql, configuration: Configuration) -> Iterator[Manifest]:
    """Sidecars that the configuration puts beside every database."""
    yield from configuration.sidecars
    for name, image in sorted(configuration.sidecar_docker_images.items()):
        yield _container(name, Sidecar(image=image), configuration)
    if configuration.scalyr_api_key and configuration.scalyr_image:
        yield _scalyr(cluster.metadata.name, configuration)


def _container(name: str, sidecar: Sidecar, configuration: Configuration) -> Manifest:
    return {
        "name": name,
        "image": sidecar.image,
        "imagePullPolicy": "IfNotPresent",
        "resources": of_sidecar(wishes_of(sidecar.resources), configuration),
        **present({"env": sidecar.env, "ports": sidecar.ports, "command": sidecar.command}),
    }


def _scalyr(cluster: str, configuration: Configuration) -> Manifest:
    wishes = Wishes(
        {"cpu": configuration.scalyr_cpu_request, "memory": configuration.scalyr_memory_request},
        {"cpu": configuration.scalyr_cpu_limit, "memory": configuration.scalyr_memory_limit},
    )
    entries = [
        literal("SCALYR_API_KEY", configuration.scalyr_api_key or ""),
        literal("SCALYR_SERVER_HOST", cluster),
    ]
    if configuration.scalyr_server_url:
        entries.append(literal("SCALYR_SERVER_URL", configuration.scalyr_server_url))
    return {
        "name": "scalyr-sidecar",
        "image": configuration.scalyr_image,
        "imagePullPolicy": "IfNotPresent",
        "resources": of_sidecar(wishes, configuration),
        "env": entries,
    }


def _access(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    """How a sidecar finds the server in its pod, and logs in."""
    superuser = configuration.super_username
    return [
        from_field("POD_NAME", "metadata.name"),
        from_field("POD_NAMESPACE", "metadata.namespace"),
        literal("POSTGRES_USER", superuser),
        from_secret("POSTGRES_PASSWORD", **password_of(superuser, cluster, configuration)),
    ]


def _connected(container: Manifest, access: list[Entry], more: list[Manifest]) -> Manifest:
    reserved = {entry["name"].casefold() for entry in access}
    own = {
        entry["name"]: as_stored(entry)  # of two with one name Kubernetes uses the last
        for entry in container.get("env") or []
        if entry["name"].casefold() not in reserved
    }
    return {
        **container,
        "env": [*access, *own.values()],
        "volumeMounts": [*(container.get("volumeMounts") or []), *more],
    }
