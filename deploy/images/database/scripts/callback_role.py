#!/usr/bin/python3
"""Patroni's callback in Kubernetes with another store: callback_role.py ACTION ROLE SCOPE.

Puts the role's label on the pod and, for the leader, its address into the Endpoints of the
cluster; with Kubernetes as the store Patroni does both itself.
"""

import sys

from appliance import callback

if __name__ == "__main__":
    sys.exit(callback.main(sys.argv[1:]))
