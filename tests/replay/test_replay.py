"""Histories of every release replay with today's workflow code."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, WorkflowRunner

from matriarch.workers import WORKFLOWS
from tests.replay.record import HISTORIES
from workflows.client import converter
from workflows.sandbox import runner, strict_runner

RECORDED = sorted(HISTORIES.glob("*/*.json.gz"))


@pytest.mark.parametrize("run_by", [runner, strict_runner])
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_a_recorded_history_replays(path: Path, run_by: Callable[[], WorkflowRunner]) -> None:
    recorded = gzip.decompress(path.read_bytes()).decode()
    history = WorkflowHistory.from_json(path.stem, recorded)
    replayer = Replayer(workflows=WORKFLOWS, data_converter=converter(), workflow_runner=run_by())
    await replayer.replay_workflow(history)


def test_every_workflow_has_a_recorded_history() -> None:
    kinds = {workflow._Definition.must_from_class(kind).name for kind in WORKFLOWS}
    assert {path.parent.name for path in RECORDED} == kinds
