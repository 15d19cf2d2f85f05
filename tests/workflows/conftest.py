import uuid
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from tests.temporal_server import temporal
from tests.workflows.world import Play, Steps, World, workers


@pytest.fixture(scope="session")
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    async with temporal() as environment:
        yield environment


@pytest.fixture(scope="session")
def client(environment: WorkflowEnvironment) -> Client:
    return environment.client


@pytest.fixture(scope="session")
async def steps(client: Client) -> AsyncIterator[Steps]:
    """Workers for the whole session; each test adds its world."""
    steps = Steps()
    async with workers(client, steps):
        yield steps


@pytest.fixture
async def play(client: Client, steps: Steps) -> AsyncIterator[Play]:
    """A cluster of two members that was never seen before."""
    world = World(name=f"acid-{uuid.uuid4().hex[:8]}")
    steps.worlds[world.ref] = world
    play = Play(client, world)
    yield play
    try:
        await play.entity.terminate("end of the test")
    except RPCError as error:
        assert "already completed" in str(error) or "not found" in str(error), error
