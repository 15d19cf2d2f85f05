"""Histories of every release replay with today's workflow code."""

import gzip
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.replay.record import HISTORIES
from workflows.client import converter
from workflows.cluster import Cluster
from workflows.create import Create
from workflows.delete import Delete
from workflows.sandbox import runner
from workflows.update import Update

WORKFLOWS = [Cluster, Create, Update, Delete]
RECORDED = sorted(HISTORIES.glob("*/*.json.gz"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_recorded_history_replays(path: Path) -> None:
    recorded = gzip.decompress(path.read_bytes()).decode()
    history = WorkflowHistory.from_json(path.stem, recorded)
    replayer = Replayer(workflows=WORKFLOWS, data_converter=converter(), workflow_runner=runner())
    await replayer.replay_workflow(history)


def test_every_workflow_has_a_recorded_history() -> None:
    assert {path.parent.name for path in RECORDED} == {"cluster", "create", "update", "delete"}
