"""The one base of all messages between watcher, workflows and activities."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Immutable and tolerant: a newer writer may add fields that an older reader ignores.

    Fields are only ever added, with defaults, because running histories hold old messages.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class ClusterRef(Message):
    """Names one `postgresql` resource; also the id of its entity workflow."""

    namespace: str
    name: str

    @property
    def workflow_id(self) -> str:
        return f"{self.namespace}/{self.name}"

    def __str__(self) -> str:
        return self.workflow_id
