"""Paths in a database pod that its own volumes have, and what must not be mounted over them."""

import posixpath
from typing import Final

DATA_MOUNT: Final = "/home/postgres/pgdata"
TLS_MOUNT: Final = "/tls"
TLS_CA_MOUNT: Final = "/tlsca"


def normal(path: str) -> str:
    """The same place however it is written: without doubled or closing slashes, `.` and `..`."""
    return posixpath.normpath(f"/{path.lstrip('/')}") if path else ""


def hides_data(path: str) -> bool:
    """Whether it is the data's own place or one above it."""
    place = normal(path)
    return bool(place) and f"{DATA_MOUNT}/".startswith(f"{place.rstrip('/')}/")
