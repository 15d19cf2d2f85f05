"""kubectl as a person types it, with its answers as dictionaries."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]


class KubectlError(Exception):
    """kubectl ended with an error; the text is its own."""


class Kubectl:
    """Runs kubectl against one cluster, by default in one namespace."""

    def __init__(self, *, kubeconfig: str, program: str, namespace: str = "default") -> None:
        self.kubeconfig = kubeconfig
        self.program = program
        self.namespace = namespace

    def within(self, namespace: str) -> "Kubectl":
        """The same cluster, another namespace."""
        return Kubectl(kubeconfig=self.kubeconfig, program=self.program, namespace=namespace)

    def __call__(self, *words: str, given: str | None = None, within: float = 60.0) -> str:
        """Run one command and return what it prints; `within` seconds catches hangs."""
        done = subprocess.run(
            [self.program, *self._scope, *words],
            input=given,
            env={**os.environ, "KUBECONFIG": self.kubeconfig},
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        if done.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Run one command that goes on, with pipes to its standard input and output."""
        return subprocess.Popen(
            [self.program, *self._scope, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "KUBECONFIG": self.kubeconfig},
            text=True,
        )

    @property
    def _scope(self) -> list[str]:
        """Nothing for the default namespace: manifests may name their own then."""
        return [] if self.namespace == "default" else ["--namespace", self.namespace]

    def apply(self, *manifests: Mapping[str, Any]) -> str:
        return self("apply", "-f", "-", given=yaml.safe_dump_all(manifests))

    def get(self, kind: str, name: str) -> Manifest | None:
        """The object, or None when it is not there."""
        printed = self("get", kind, name, "--ignore-not-found", "-o", "json")
        found: Manifest | None = json.loads(printed) if printed.strip() else None
        return found

    def list(self, kind: str, *, selector: str = "", everywhere: bool = False) -> list[Manifest]:
        words = ["get", kind, "-o", "json"]
        words += ["--selector", selector] if selector else []
        words += ["--all-namespaces"] if everywhere else []
        items: list[Manifest] = json.loads(self(*words))["items"]
        return items

    def patch(self, kind: str, name: str, change: Mapping[str, Any]) -> None:
        self("patch", kind, name, "--type", "merge", "--patch", json.dumps(change))

    def delete(self, kind: str, name: str, *more: str) -> None:
        self("delete", kind, name, "--ignore-not-found", "--wait=false", *more)

    def execute(
        self, pod: str, *command: str, container: str = "", given: str | None = None
    ) -> str:
        chosen = ["--container", container] if container else []
        stdin = ["--stdin"] if given is not None else []
        return self("exec", pod, *stdin, *chosen, "--", *command, given=given)


def program(folder: Path | None = None) -> str:
    """kubectl of `folder`, else the one on PATH."""
    if folder is not None and (folder / "kubectl").exists():
        return str(folder / "kubectl")
    found = shutil.which("kubectl")
    assert found, "kubectl is not on PATH"
    return found


def conditions(resource: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Conditions of a resource by type."""
    found: Sequence[Mapping[str, Any]] = resource.get("status", {}).get("conditions", [])
    return {condition["type"]: condition for condition in found}
