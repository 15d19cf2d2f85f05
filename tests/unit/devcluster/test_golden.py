import json
from pathlib import Path

import pytest

from tests.devcluster import golden


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def root(name: str, *references: str) -> Path:
    folder = golden.home() / name
    for database in golden.DATABASES:
        (folder / database).parent.mkdir(parents=True, exist_ok=True)
        (folder / database).write_text("database")
    (folder / "blob").write_text("blob")
    (folder / "images.json").write_text(json.dumps(references))
    return folder


def test_a_new_root_grows_from_the_one_that_has_most_of_what_is_wanted() -> None:
    root("small", "pause:1")
    large = root("large", "pause:1", "database:1", "operator:1")
    assert golden._nearest({"pause:1", "database:1", "operator:2"}) == large


def test_a_root_without_anything_wanted_is_no_base() -> None:
    root("other", "pause:0")
    assert golden._nearest({"pause:1"}) is None


def test_an_unfinished_root_is_no_base() -> None:
    (root("half", "pause:1") / "images.json").unlink()
    assert golden._nearest({"pause:1"}) is None


def test_a_clone_shares_the_blobs_and_has_databases_of_its_own(tmp_path: Path) -> None:
    original, copy = root("golden", "pause:1"), tmp_path / "node" / "containerd"
    golden.clone(original, copy)
    assert (copy / "blob").samefile(original / "blob")
    for database in golden.DATABASES:
        assert not (copy / database).samefile(original / database)
        assert (copy / database).read_text() == "database"


def test_a_clone_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    original, copy = root("golden", "pause:1"), tmp_path / "containerd"
    unfinished = tmp_path / "containerd.new"
    unfinished.mkdir()
    (unfinished / "half").touch()
    golden.clone(original, copy)
    assert sorted(path.name for path in copy.iterdir() if path.is_file()) == ["blob"]
