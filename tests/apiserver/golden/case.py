"""One case: an operator configuration, manifests, later edits, and what Zalando's operator made.

cases/<name>/config.yaml      a ConfigMap or an OperatorConfiguration
cases/<name>/manifests.yaml   everything else; `namespace: operator` = the operator's namespace
cases/<name>/steps/NN-word.yaml   later edits, in order
cases/<name>/case.yaml        options
cases/<name>/golden.yaml      the capture
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Options:
    """What a case asks of its surroundings."""

    postgres: bool = False
    """A real PostgreSQL server stands behind each cluster."""
    sql: Sequence[tuple[str, str]] = ()
    """Run in that server first: database and statement."""
    namespaces: Sequence[str] = ()
    """More namespaces to watch and to write down."""
    env: dict[str, str] = field(default_factory=dict)
    """Environment of the operator."""
    timeout: float = 0
    """Seconds a stage may take, if more than usual."""


@dataclass(frozen=True)
class Step:
    """A later edit; what kind it is stands in the file's name."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def deletes(self) -> bool:
        return self._word == "delete"

    @property
    def configures(self) -> bool:
        return self._word == "config"

    @property
    def _word(self) -> str:
        return self.name.split("-")[1]


@dataclass(frozen=True)
class Case:
    path: Path

    @property
    def name(self) -> str:
        """Also the namespace of its manifests."""
        return self.path.name

    @property
    def operator_namespace(self) -> str:
        return f"op-{self.name}"

    @property
    def namespaces(self) -> list[str]:
        return [self.name, *self.options.namespaces]

    @property
    def options(self) -> Options:
        file = self.path / "case.yaml"
        return Options(**yaml.safe_load(file.read_text())) if file.exists() else Options()

    @property
    def steps(self) -> list[Step]:
        return [Step(path) for path in sorted(self.path.glob("steps/*.yaml"))]

    @property
    def configuration(self) -> Path:
        return self.path / "config.yaml"

    @property
    def text(self) -> str:
        """All inputs, to see whether a value of an object was asked for or chosen."""
        inputs = [path for path in self.path.rglob("*.yaml") if path.name != "golden.yaml"]
        return "".join(path.read_text() for path in sorted(inputs))

    def manifests(self) -> list[dict[str, Any]]:
        return self.documents(self.path / "manifests.yaml")

    def documents(self, path: Path) -> list[dict[str, Any]]:
        """The objects of a file, those for the operator's namespace put there."""
        documents = [document for document in yaml.safe_load_all(path.read_text()) if document]
        for document in documents:
            if document["metadata"].get("namespace") == "operator":
                document["metadata"]["namespace"] = self.operator_namespace
        return documents

    def golden(self) -> dict[str, Any]:
        return load(self.path / "golden.yaml")


def cases(only: str = "") -> list[Case]:
    """Those whose name matches a regular expression, by name."""
    found = [Case(path.parent) for path in sorted(CASES.glob("*/manifests.yaml"))]
    return [case for case in found if re.search(only, case.name)]


def load(path: Path) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(yaml.load(path.read_text(), loader))
