"""Entries of a container's `env`, in the form in which the API server stores them."""

from collections.abc import Iterable, Mapping
from typing import Any

Entry = dict[str, Any]


def literal(name: str, value: str) -> Entry:
    """An empty value is stored as none at all."""
    return {"name": name, "value": value} if value else {"name": name}


def from_field(name: str, path: str) -> Entry:
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def from_secret(name: str, *, secret: str, key: str) -> Entry:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def as_stored(entry: Mapping[str, Any]) -> Entry:
    """An entry written by a person, completed by what the server would add or leave out."""
    stored = {
        key: value for key, value in entry.items() if key == "name" or value not in (None, "")
    }
    source = stored.get("valueFrom")
    if isinstance(source, Mapping) and isinstance(source.get("fieldRef"), Mapping):
        field = {"apiVersion": "v1", **source["fieldRef"]}
        stored["valueFrom"] = {**source, "fieldRef": field}
    return stored


def add_missing(entries: list[Entry], more: Iterable[Entry]) -> None:
    """Append what is not there yet. Names that differ only in case count as the same."""
    for entry in more:
        if entry["name"].casefold() not in {known["name"].casefold() for known in entries}:
            entries.append(entry)
