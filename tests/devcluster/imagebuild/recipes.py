"""Which images there are, and where the files that go into each lie."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
IMAGES = PROJECT / "deploy" / "images"


@dataclass(frozen=True)
class Recipe:
    """One image: a folder with a Dockerfile, and what the platform's Go build adds to it."""

    name: str
    folder: Path
    binaries: tuple[str, ...] = ()
    on_base: bool = True

    @property
    def dockerfile(self) -> Path:
        return self.folder / "Dockerfile"


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("pause", IMAGES / "pause", binaries=("pause",), on_base=False),
        Recipe("temporal", IMAGES / "temporal"),
        Recipe("s3", IMAGES / "s3", binaries=("versitygw",)),
        Recipe("database", IMAGES / "database"),
        Recipe("operator", PROJECT),
        Recipe("pooler", IMAGES / "pooler"),
        Recipe("logical-backup", IMAGES / "logical_backup"),
    )
}
