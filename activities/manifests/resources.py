"""Requests and limits of containers: manifest, then defaults, then the operator's bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from activities.manifests.metadata import Manifest, present
from activities.manifests.quantities import Quantity, parse
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql
from workflows.model.postgresql.sections import Resources

Amounts = dict[str, Quantity]
Texts = Mapping[str, str | None]

_BOUNDED = ("cpu", "memory")


@dataclass(frozen=True)
class Wishes:
    """Requests and limits as somebody wrote them, by resource name."""

    requests: Texts
    limits: Texts


def of_database(cluster: Postgresql, configuration: Configuration) -> Manifest:
    """Resources of the container `postgres`, the only one that bounds are put on."""
    requests, limits = _filled(wishes_of(cluster.spec.resources), database_defaults(configuration))
    bounded = not _bypassed(cluster, configuration)
    if bounded:
        _raise_limits(limits, configuration)
    _reconcile(requests, limits, configuration)
    if bounded:
        _cap_requests(requests, configuration)
    return _manifest(requests, limits)


def of_sidecar(wishes: Wishes, configuration: Configuration) -> Manifest:
    """Of any other container beside or for a database: defaults, but no bounds."""
    return of_other(wishes, database_defaults(configuration), configuration)


def of_other(wishes: Wishes, defaults: Wishes, configuration: Configuration) -> Manifest:
    requests, limits = _filled(wishes, defaults)
    _reconcile(requests, limits, configuration)
    return _manifest(requests, limits)


def raised_limits(cluster: Postgresql, configuration: Configuration) -> Sequence[str]:
    """One sentence for each limit of the manifest or the defaults that is below its minimum."""
    if _bypassed(cluster, configuration):
        return []
    _, limits = _filled(wishes_of(cluster.spec.resources), database_defaults(configuration))
    return [
        f"{name} limit {limits.get(name, 'none')} is raised to the minimum {floor}"
        for name, floor in _minimal_limits(configuration).items()
        if name not in limits or limits[name] < floor
    ]


def wishes_of(resources: Resources | None) -> Wishes:
    """Requests and limits of a section of the manifest; huge pages can only be set there."""
    if resources is None:
        return Wishes({}, {})
    return Wishes(
        resources.requests.model_dump(by_alias=True), resources.limits.model_dump(by_alias=True)
    )


def database_defaults(configuration: Configuration) -> Wishes:
    return Wishes(
        {
            "cpu": configuration.default_cpu_request,
            "memory": configuration.default_memory_request,
        },
        {
            "cpu": configuration.default_cpu_limit,
            "memory": configuration.default_memory_limit,
        },
    )


def _filled(wishes: Wishes, defaults: Wishes) -> tuple[Amounts, Amounts]:
    return _first_set(wishes.requests, defaults.requests), _first_set(
        wishes.limits, defaults.limits
    )


def _first_set(wished: Texts, default: Texts) -> Amounts:
    chosen = {**_set(default), **_set(wished)}
    return {name: parse(text) for name, text in chosen.items()}


def _set(texts: Texts) -> dict[str, str]:
    """What counts as set: `0` and `null` are ways to say "none" of processor time and memory."""
    return {
        name: text
        for name, text in texts.items()
        if text and not (name in _BOUNDED and text in ("0", "null"))
    }


def _minimal_limits(configuration: Configuration) -> Amounts:
    return _first_set(
        {"cpu": configuration.min_cpu_limit, "memory": configuration.min_memory_limit}, {}
    )


def _raise_limits(limits: Amounts, configuration: Configuration) -> None:
    """No limit at all counts as a limit of zero: it is raised too."""
    for name, floor in _minimal_limits(configuration).items():
        limits[name] = max(limits.get(name, floor), floor)


def _reconcile(requests: Amounts, limits: Amounts, configuration: Configuration) -> None:
    """No limit stays none, but no request for memory counts as one of zero: it is raised too."""
    for name in _BOUNDED:
        if name in requests and name in limits and limits[name] < requests[name]:
            limits[name] = requests[name]
    if configuration.set_memory_request_to_limit and "memory" in limits:
        requests["memory"] = max(requests.get("memory", limits["memory"]), limits["memory"])


def _cap_requests(requests: Amounts, configuration: Configuration) -> None:
    caps = _first_set(
        {"cpu": configuration.max_cpu_request, "memory": configuration.max_memory_request}, {}
    )
    for name in requests.keys() & caps.keys():
        requests[name] = min(requests[name], caps[name])


def _bypassed(cluster: Postgresql, configuration: Configuration) -> bool:
    key = configuration.ignore_resources_limits_annotation_key
    return bool(key) and cluster.metadata.annotations.get(key) == "true"


def _manifest(requests: Amounts, limits: Amounts) -> Manifest:
    return present(
        {
            "requests": {name: str(amount) for name, amount in requests.items()},
            "limits": {name: str(amount) for name, amount in limits.items()},
        }
    )
