"""A stand-in for EC2 that speaks its protocol, in a process of its own on loopback."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest

from tests.field.waiting import until

REGION = "eu-central-1"
DUMMY = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Ec2Server:
    """Forgets everything at `reset`; volumes made here are looked at as anybody would."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def client(self) -> Any:
        return boto3.session.Session().client("ec2", region_name=REGION)

    def reset(self) -> None:
        urlopen(Request(f"{self.url}/moto-api/reset", method="POST"), timeout=10).close()

    def volume(self, *, size: int = 1, **properties: Any) -> str:
        """Make one, and return its id."""
        zone = f"{REGION}a"
        made = self.client.create_volume(AvailabilityZone=zone, Size=size, **properties)
        return str(made["VolumeId"])

    def has(self, volume: str) -> dict[str, Any]:
        (found,) = self.client.describe_volumes(VolumeIds=[volume])["Volumes"]
        keys = ("Size", "VolumeType", "Iops", "Throughput")
        return {key: found[key] for key in keys if found.get(key) is not None}

    def modifications(self, volume: str) -> int:
        asked = [{"Name": "volume-id", "Values": [volume]}]
        found = self.client.describe_volumes_modifications(Filters=asked)
        return len(found["VolumesModifications"])


@contextmanager
def serving() -> Iterator[Ec2Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Ec2Server(f"http://127.0.0.1:{port}")
    try:
        until("EC2's stand-in to answer", lambda: _answers(server), within=60, every=0.1)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _answers(server: Ec2Server) -> bool:
    server.reset()
    return True


def led_to(server: Ec2Server, monkeypatch: pytest.MonkeyPatch) -> Ec2Server:
    """Let whoever asks EC2 ask this server, as somebody whom it knows."""
    for key, value in {**DUMMY, "AWS_ENDPOINT_URL": server.url}.items():
        monkeypatch.setenv(key, value)
    server.reset()
    return server
