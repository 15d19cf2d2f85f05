"""Gives back the right to initialise a cluster: `python3 -m appliance.uninitialise CONFIGURATION`.

Called by a member that was killed in the middle of its initdb. Whoever initialises a cluster takes
that right in Patroni's store, and nobody else may until it is done or has given up.
"""

import sys
from typing import Any

from patroni.config import Config
from patroni.dcs import get_dcs


def give_back(dcs: Any) -> bool:
    """Only while the cluster is still without a system identifier and without a leader."""
    cluster = dcs.get_cluster()
    if cluster.initialize != "" or cluster.leader is not None:
        return False
    return bool(dcs.cancel_initialization())


if __name__ == "__main__":
    give_back(get_dcs(Config(sys.argv[1])))
