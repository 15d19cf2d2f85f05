"""Differences from the captures that are wanted, each with its reason."""

from tests.apiserver.golden.compare import ABSENT, Accepted

ACCEPTED: tuple[Accepted, ...] = (
    Accepted(
        case="*",
        stage="restart",
        object="(patroni)",
        path="",
        why="W-31: Patroni's configuration is right at once, so a restart has nothing to write",
        ours=None,
    ),
    Accepted(
        case="*",
        stage="*",
        object="(patroni)",
        path="*.body.pg_hba",
        why="W-31: Patroni ignores this key; the pods' environment has the effect",
        ours=ABSENT,
    ),
    Accepted(
        case="*",
        stage="*",
        object="Secret/*",
        path="data.nextRotation",
        why="W-40: written right after the creation and not at the next restart, but never "
        "without access to the database, where the role could not be altered",
    ),
)
