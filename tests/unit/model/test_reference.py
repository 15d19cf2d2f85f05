"""The reference pages: generated, and complete."""

from pathlib import Path

from workflows.model import reference
from workflows.model.configuration.parameter import FORMS
from workflows.model.configuration.sections import entries
from workflows.model.postgresql import PostgresqlSpec
from workflows.model.shape import fields

FOLDER = Path(__file__).parents[3] / "docs" / "reference"


def test_docs_hold_what_is_generated() -> None:
    pages = reference.render()
    found = {name: (FOLDER / name).read_text(encoding="utf-8") for name in pages}
    assert found == pages, "run `python -m workflows.model.reference --write docs/reference`"


def test_the_program_writes_the_pages(tmp_path: Path) -> None:
    assert reference.main(["--write", str(tmp_path)]) == 0
    pages = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert pages == reference.render()


def test_every_parameter_has_a_row() -> None:
    page = reference.render()["operator-configuration.md"]
    missing = [
        entry.name
        for form in FORMS
        for entry in entries(form)
        if f"\n| `{entry.name}` |" not in page
    ]
    assert missing == []


def test_defaults_of_both_forms_stand_side_by_side() -> None:
    page = reference.render()["operator-configuration.md"]
    assert "| `password_rotation_user_retention` | int | `120` | `180` |" in page
    assert "| `enable_teams_api` | bool | `false` | `true` |" in page
    assert "| `liveness_probe` | Probe | - | not in this form |" in page


def test_every_field_of_a_cluster_has_a_row() -> None:
    page = reference.render()["postgresql.md"]
    missing = [name for name in fields(PostgresqlSpec) if f"`{name}`" not in page]
    assert missing == []
    assert "| **`teamId`** | text |" in page
    assert "| `dockerImage` | text | Database image | opconfig `docker_image` |" in page
    assert "## `spec.connectionPooler`" in page
    assert "## `spec.preparedDatabases.*.schemas.*`" in page
    assert "## `status.conditions[]`" in page
