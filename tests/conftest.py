"""Levels of the suite: `core` runs always, `full` adds what takes long."""

import os

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Machines are shared: how long an example takes says nothing about the code.
settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # people search on with new examples; CI judges a change by the same ones each time
    derandomize="CI" in os.environ,
)
settings.load_profile("unhurried")

LEVELS = ("core", "full")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--level", choices=LEVELS, default="core", help="how many scenarios run")
    parser.addoption(
        "--matrix",
        choices=("some", "dealt", "open", "all"),
        default="some",
        help="cells at level full",
    )
    parser.addoption("--write-matrix", action="store_true", help="add to docs/reliability.*")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: a scenario that only runs with --level full")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is above the chosen level; order by cost, the cheapest first."""
    if config.getoption("--level") == "core":
        above = [item for item in items if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=above)
        items[:] = [item for item in items if item not in above]
    items.sort(key=_cost)


class OnePlatform(LoadScopeScheduling):
    """Where tests run in two processes, all that need the platform run in the same one."""

    def _split_scope(self, nodeid: str) -> str:
        return "platform" if nodeid.startswith("tests/scenarios") else "alone"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OnePlatform:
    return OnePlatform(config, log)


def _cost(item: pytest.Item) -> int:
    order = ("tests/unit", "tests/replay", "tests/workflows", "tests/apiserver", "tests/scenarios")
    where = item.nodeid
    return next((n for n, folder in enumerate(order) if where.startswith(folder)), len(order))
