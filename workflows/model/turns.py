"""Messages between clusters that are to be rolled out to and the fleet that lets them, by turns."""

from pydantic import Field

from workflows.model.base import ClusterRef, Message

FLEET = "fleet"
"""Id of the one workflow that hands out turns; no cluster can have it, for want of a slash."""


class Wish(Message):
    """A cluster asks for its turn. The newest wish says how many may have one at a time."""

    ref: ClusterRef
    rollout: str = Field(description="names what is rolled out: of another one nothing has failed")
    parallel: int = Field(description="clusters at the same time")
    most_failures: int = Field(description="no more turns after so many; 0 = go on regardless")


class RolloutRule(Message):
    """What the configuration says of rolling it out."""

    name: str = Field(default="", description="another one with each change")
    parallel: int = Field(default=0, description="clusters at the same time; 0 = all")
    most_failures: int = 0


class TurnEnd(Message):
    """A cluster needs its turn no more."""

    ref: ClusterRef
    rollout: str
    failed: bool = False


class Turn(Message):
    """What a cluster is told of its turn."""

    rollout: str
    granted: bool = False
    place: int = Field(default=0, description="in the queue, from 1")
    waiting: int = Field(default=0, description="how many are in the queue")
    stopped: str = Field(default="", description="why nobody gets a turn any more, or empty")
