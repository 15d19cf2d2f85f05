from pathlib import Path

import pytest
import yaml

from matriarch.__main__ import main
from matriarch.crds import holds

DEPLOYED = Path(__file__).parents[3] / "deploy" / "crds"


def test_written_files_are_those_in_deploy(tmp_path: Path) -> None:
    assert main(["crds", str(tmp_path / "new")]) == 0
    written = {file.name: file.read_text() for file in (tmp_path / "new").iterdir()}
    assert written == {file.name: file.read_text() for file in DEPLOYED.glob("*.crd.yaml")}


def test_without_a_folder_all_come_in_one_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crds"]) == 0
    documents = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [each["kind"] for each in documents] == ["CustomResourceDefinition"] * 4


def test_the_kustomization_names_every_definition() -> None:
    named = yaml.safe_load((DEPLOYED / "kustomization.yaml").read_text())["resources"]
    assert named == sorted(file.name for file in DEPLOYED.glob("*.crd.yaml"))


@pytest.mark.parametrize(
    ("found", "wanted", "equal"),
    [
        ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 2]}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1, "more": 1}, {"a": 1}, False),
        ({"b": [1, 2, 3]}, {"b": [1, 2]}, False),
        ({"versions": [], "conversion": {"strategy": "None"}}, {"versions": []}, True),
        ({"x": {"conversion": 1}}, {"x": {}}, False),
    ],
    ids=["equal", "changed", "surplus", "longer", "defaulted", "not defaulted there"],
)
def test_a_definition_is_right_when_only_defaults_differ(
    found: object, wanted: object, equal: bool
) -> None:
    assert holds(found, wanted) is equal


@pytest.mark.usefixtures("kept_logging")
def test_a_missing_namespace_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPERATOR_NAMESPACE", raising=False)
    assert main(["operator", "-outofcluster"]) == 2
    assert "OPERATOR_NAMESPACE" in capsys.readouterr().err
