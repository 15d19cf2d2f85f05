"""The custom resource definitions: written to files, or registered when the operator starts."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from watcher.api import MERGE_PATCH, Api, NotFound, Object
from workflows.model.crds import everything, render
from workflows.model.errors import Conflict, Forbidden, Unavailable

log = logging.getLogger(__name__)

FOLDER: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ESTABLISHED_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.2


def write(folder: Path | None, *, to: TextIO) -> None:
    """Write one file per definition into `folder`, or all of them to a stream."""
    files = render()
    if folder is None:
        to.write("---\n".join(files.values()))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


def register(
    api: Api, *, categories: Sequence[str], deadline: float = ESTABLISHED_SECONDS
) -> list[str]:
    """Create or correct all definitions, wait until they are served, return what was written.

    Run twice: equal ones are not written. Without the right to write them (a cluster administrator
    may keep that right) those that are there are used as they are.
    """
    written = [
        definition["metadata"]["name"]
        for definition in everything(categories=categories)
        if _bring(api, definition)
    ]
    for definition in everything(categories=categories):
        _await_established(api, definition["metadata"]["name"], deadline=deadline)
    return written


def _bring(api: Api, definition: Object) -> bool:
    name = definition["metadata"]["name"]
    path = f"{FOLDER}/{name}"
    found = _get(api, path)
    try:
        if found is None:
            api.send("POST", FOLDER, body=definition)
            log.info("created custom resource definition %s", name)
            return True
        if holds(found["spec"], definition["spec"]):
            return False
        body = {
            "metadata": {"labels": definition["metadata"]["labels"]},
            "spec": definition["spec"],
        }
        api.send("PATCH", path, body=body, content_type=MERGE_PATCH)
    except Conflict:
        return _bring(api, definition)  # somebody was faster: look again
    except Forbidden as error:
        if found is None:
            raise
        log.warning("%s is used as it is: %s", name, error)
        return False
    log.info("corrected custom resource definition %s", name)
    return True


def holds(found: Any, wanted: Any) -> bool:
    """Tell whether `found` is `wanted`, apart from fields that the API server adds by itself."""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        added = {"conversion"} if "versions" in wanted else set()
        return set(found) - added == set(wanted) and all(
            holds(found[key], wanted[key]) for key in wanted
        )
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(
            holds(one, other) for one, other in zip(found, wanted, strict=True)
        )
    return bool(found == wanted)


def _await_established(api: Api, name: str, *, deadline: float) -> None:
    end = time.monotonic() + deadline
    while not _is_established(_get(api, f"{FOLDER}/{name}")):
        if time.monotonic() >= end:
            raise Unavailable(f"{name} is not served after {deadline:g} s")
        time.sleep(POLL_SECONDS)


def _is_established(definition: Object | None) -> bool:
    conditions = ((definition or {}).get("status") or {}).get("conditions") or []
    return any(
        condition["type"] == "Established" and condition["status"] == "True"
        for condition in conditions
    )


def _get(api: Api, path: str) -> Object | None:
    try:
        return api.get(path)
    except NotFound:
        return None
