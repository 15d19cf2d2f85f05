"""Cluster DNS: `<cluster>[-repl|-pooler].<namespace>.svc.*` is the address of its database."""

import re
import socket
import struct
import threading
from collections.abc import Callable

Resolve = Callable[[str, str], str | None]

_ANSWER, _NO_SUCH_NAME = 0x8580, 0x8583
_TYPE_A = 1


def serve(address: str, resolve: Resolve) -> None:
    """Answer from a thread of its own until the process ends."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((address, 53))

    def loop() -> None:
        while True:
            query, peer = listener.recvfrom(2048)
            listener.sendto(reply(query, resolve), peer)

    threading.Thread(target=loop, daemon=True).start()


def reply(query: bytes, resolve: Resolve) -> bytes:
    labels, end = _labels(query)
    (kind,) = struct.unpack(">H", query[end + 1 : end + 3])
    address = None
    if len(labels) >= 3 and labels[2] == "svc":
        address = _of_service(labels[0], labels[1], resolve)
    record = b""
    if address and kind == _TYPE_A:
        head = struct.pack(">HHHIH", 0xC00C, _TYPE_A, 1, 1, 4)
        record = head + socket.inet_aton(address)
    flags = _ANSWER if address else _NO_SUCH_NAME
    counts = struct.pack(">HHHHH", flags, 1, 1 if record else 0, 0, 0)
    return query[:2] + counts + query[12 : end + 5] + record


def _of_service(service: str, namespace: str, resolve: Resolve) -> str | None:
    cluster = re.sub(r"(-pooler)?(-repl)?$", "", service)
    return resolve(namespace, service) or resolve(namespace, cluster)


def _labels(query: bytes) -> tuple[list[str], int]:
    """The name asked for, and where its closing zero stands."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += query[at] + 1
    return labels, at
