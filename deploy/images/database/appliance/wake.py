"""Has the leader's Patroni look at its members now: `python3 -m appliance.wake HOST`.

It makes a new member's replication slot only in its next round, up to ten seconds later; until then
the member cannot stream, and what is written is in no other place. A change of the configuration
starts a round at once, and to take away what is not there is no change.
"""

import base64
import json
import sys
import urllib.request
from collections.abc import Mapping
from typing import Any

import yaml

from .environment import with_port

NOTHING = {"wake": None}
SECONDS = 5


def request(host: str, restapi: Mapping[str, Any]) -> urllib.request.Request:
    """The leader answers at the same port and to the same password as this member."""
    port = int(str(restapi["connect_address"]).rpartition(":")[2])
    scheme = "https" if restapi.get("certfile") else "http"
    headers = {"Content-Type": "application/json"}
    if account := restapi.get("authentication"):
        words = f"{account['username']}:{account['password']}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(words).decode()}"
    return urllib.request.Request(
        f"{scheme}://{with_port(host, port)}/config",
        data=json.dumps(NOTHING).encode(),
        headers=headers,
        method="PATCH",
    )


def main(host: str, configuration: str = "/run/postgres.yml") -> int:
    """Fails quietly: the slot is made all the same, only later."""
    with open(configuration) as text:
        restapi = yaml.safe_load(text)["restapi"]
    try:
        with urllib.request.urlopen(request(host, restapi), timeout=SECONDS):
            return 0
    except OSError as error:
        print(f"the leader was not woken: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
