"""The kinds of operations."""

from enum import StrEnum


class Kind(StrEnum):
    """The word stands in workflow ids, in `status.operation.kind`, and in records."""

    CREATE = "create"
    UPDATE = "update"
    SYNC = "sync"
    DELETE = "delete"
    ROLLING_UPDATE = "rolling-update"
    SWITCHOVER = "switchover"
    RESTART = "restart"
    REINITIALISE = "reinitialise"
    DRAIN = "drain"


REQUESTABLE = (Kind.SWITCHOVER, Kind.RESTART, Kind.REINITIALISE, Kind.ROLLING_UPDATE)
"""What may be asked for by a `PostgresOperation`; the others follow from the manifest."""
DISRUPTIVE = (*REQUESTABLE, Kind.DRAIN)
"""What may end connections: these show a plan, and may have to be approved or to wait."""
