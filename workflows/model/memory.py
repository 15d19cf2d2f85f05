"""What an entity remembers between two looks. Small on purpose: losing all of it must converge.

Everything that matters longer is in Kubernetes objects; this only saves doing things twice.
"""

from datetime import datetime

from pydantic import Field

from workflows.model.base import Message
from workflows.model.observation import Deletion
from workflows.model.operations import Kind


class Failure(Message):
    """The last operation that did not succeed, and when it is tried again."""

    kind: Kind
    generation: int
    message: str
    count: int = 1
    aborted: bool = Field(default=False, description="by a person: wait for an edit or a request")
    retry_at: datetime


class Achieved(Message):
    """The last operation that succeeded: what it was for, so that it is not run in circles."""

    generation: int
    why: str
    at: datetime


class Memory(Message):
    """State of one entity; carried through continue-as-new."""

    uid: str = ""
    sequence: int = Field(default=0, description="number of the last operation")
    deletion: Deletion = Deletion()
    deleted: bool = Field(default=False, description="all children of `uid` were seen gone")
    failure: Failure | None = None
    achieved: Achieved | None = None
    word: str = Field(default="", description="last status word, for the search attribute")
