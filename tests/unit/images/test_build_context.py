"""What goes into a build, and so decides whether an image has to be built again."""

import os
from pathlib import Path

import pytest

from tests.devcluster.imagebuild import context

DOCKERFILE = """
# COPY commented /out
FROM scratch AS build
COPY one.txt two.txt \\
     /there/
FROM scratch
COPY --from=build /there /there
copy --chmod=0755 folder /folder
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "one.txt").write_text("1")
    (tmp_path / "two.txt").write_text("2")
    (tmp_path / "unnamed.txt").write_text("3")
    (tmp_path / "folder" / "__pycache__").mkdir(parents=True)
    (tmp_path / "folder" / "__pycache__" / "x.pyc").write_text("compiled")
    (tmp_path / "folder" / "program").write_text("#!/bin/sh")
    return tmp_path


def gathered(folder: Path) -> dict[str, Path]:
    return context.gather(folder / "Dockerfile", {})


def digest(folder: Path, **settings: str) -> str:
    return context.fingerprint(gathered(folder), settings=settings)


def test_copied_names_what_copy_lines_take_from_the_context() -> None:
    assert context.copied(DOCKERFILE) == ["one.txt", "two.txt", "folder"]


def test_gather_takes_named_files_only_and_no_compiled_ones(folder: Path) -> None:
    assert set(gathered(folder)) == {"Dockerfile", "one.txt", "two.txt", "folder/program"}


def test_gather_takes_files_from_outside_the_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "one.txt").unlink()
    elsewhere = tmp_path / "built"
    elsewhere.write_text("binary")
    found = context.gather(folder / "Dockerfile", {"one.txt": elsewhere})
    assert found["one.txt"] == elsewhere


def test_gather_refuses_a_missing_file(folder: Path) -> None:
    (folder / "two.txt").unlink()
    with pytest.raises(context.ContextError, match=r"two\.txt"):
        gathered(folder)


def test_the_hash_changes_with_content(folder: Path) -> None:
    before = digest(folder)
    (folder / "folder" / "program").write_text("#!/bin/bash")
    assert digest(folder) != before


def test_the_hash_changes_with_the_executable_bit(folder: Path) -> None:
    before = digest(folder)
    (folder / "folder" / "program").chmod(0o755)
    assert digest(folder) != before


def test_the_hash_changes_with_the_settings(folder: Path) -> None:
    assert digest(folder, base="a") != digest(folder, base="b")


def test_the_hash_ignores_time_stamps_and_unnamed_files(folder: Path) -> None:
    before = digest(folder)
    os.utime(folder / "one.txt", (1, 1))
    (folder / "unnamed.txt").write_text("changed")
    assert digest(folder) == before


def test_a_staged_copy_has_the_hash_of_its_source(folder: Path, tmp_path: Path) -> None:
    (folder / "folder" / "program").chmod(0o700)
    staged = context.stage(gathered(folder), tmp_path / "staged")
    assert context.fingerprint(staged, settings={}) == digest(folder)


def test_a_staged_copy_has_one_time_stamp(folder: Path, tmp_path: Path) -> None:
    staged = context.stage(gathered(folder), tmp_path / "staged")
    assert {file.stat().st_mtime for file in staged.values()} == {float(context.EPOCH)}
