import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from tests.unit.kube.server import Answer, serving
from workflows.model.errors import Forbidden, Precondition, Unavailable

KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SUCCESS = json.dumps({"status": "Success"}).encode()
FAILURE = json.dumps(
    {
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": "command terminated with exit code 3",
    }
).encode()


def frame(payload: bytes, code: int = 2) -> bytes:
    assert len(payload) < 126 or len(payload) < 65536
    length = (
        bytes([len(payload)])
        if len(payload) < 126
        else bytes([126]) + len(payload).to_bytes(2, "big")
    )
    return bytes([0x80 | code]) + length + payload


def shake_hands(request: BaseHTTPRequestHandler) -> None:
    digest = hashlib.sha1((request.headers["Sec-WebSocket-Key"] + KEY).encode()).digest()
    request.send_response(101)
    request.send_header("Upgrade", "websocket")
    request.send_header("Connection", "Upgrade")
    request.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
    request.send_header("Sec-WebSocket-Protocol", "v5.channel.k8s.io")
    request.end_headers()
    request.close_connection = True


def printing(*frames: bytes) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        shake_hands(request)
        for each in frames:
            request.wfile.write(each)

    return answer


def run(*answers: Answer, seconds: float = 5.0) -> str:
    with serving(*answers) as script:
        return script.kube.exec("ns", "p-0", "postgres", ["sh", "-c", "echo a b"], seconds=seconds)


def test_returns_what_the_command_printed() -> None:
    talk = [frame(b"\x01one\n"), frame(b"\x02two\n"), frame(b"\x03" + SUCCESS), frame(b"", 8)]
    assert run(printing(*talk)) == "one\ntwo\n"


def test_asks_for_the_container_and_passes_words_one_by_one() -> None:
    with serving(printing(frame(b"\x03" + SUCCESS), frame(b"", 8))) as script:
        script.kube.exec("ns", "p-0", "postgres", ["sh", "-c", "echo a b"])
    assert script.asked[0].path == (
        "/api/v1/namespaces/ns/pods/p-0/exec?container=postgres&stdout=true&stderr=true"
        "&command=sh&command=-c&command=echo+a+b"
    )
    headers = {key.lower(): value for key, value in script.asked[0].headers.items()}
    assert headers["authorization"] == "Bearer t0ken"


def test_what_is_given_goes_through_the_standard_input_only() -> None:
    heard: list[bytes] = []

    def listening(request: BaseHTTPRequestHandler) -> None:
        shake_hands(request)
        head = request.rfile.read(2)
        mask, length = request.rfile.read(4), head[1] & 0x7F
        body = request.rfile.read(length)
        heard.append(bytes(byte ^ mask[n % 4] for n, byte in enumerate(body)))
        request.wfile.write(frame(b"\x03" + SUCCESS) + frame(b"", 8))

    with serving(listening) as script:
        script.kube.exec("ns", "p-0", "postgres", ["cat"], given="a word\n")
    assert heard == [b"\x00a word\n"]
    assert "stdin=true" in script.asked[0].path
    assert "word" not in script.asked[0].path


def test_a_failing_command_is_told_with_its_words() -> None:
    talk = [frame(b"\x02no such file\n"), frame(b"\x03" + FAILURE), frame(b"", 8)]
    with pytest.raises(Precondition, match="exit code 3: no such file"):
        run(printing(*talk))


def test_a_connection_that_ends_early_is_no_success() -> None:
    with pytest.raises(Unavailable, match="before the command did"):
        run(printing(frame(b"\x01half")))


def test_a_command_that_does_not_end_is_left() -> None:
    end = threading.Event()

    def silent(request: BaseHTTPRequestHandler) -> None:
        shake_hands(request)
        end.wait(20)

    with pytest.raises(Unavailable, match="did not end in time"):
        run(silent, seconds=0.2)
    end.set()


def test_a_refusal_is_translated() -> None:
    with pytest.raises(Forbidden, match="pods/exec is not allowed"):
        run((403, {"message": "pods/exec is not allowed"}))
