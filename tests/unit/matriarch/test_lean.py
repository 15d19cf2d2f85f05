import subprocess
import sys

_LEAN = """
import sys
from matriarch import lean
lean.load_kubernetes()
import matriarch.program
"""


def _said(program: str) -> str:
    """What it prints, run alone: modules that other tests have loaded would spoil it."""
    done = subprocess.run([sys.executable, "-c", _LEAN + program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_operator_runs_without_the_classes_of_kubernetes() -> None:
    program = "print([name for name in sys.modules if name.startswith('kubernetes.client.')])"
    loaded = _said(program)
    assert "kubernetes.client.rest" in loaded
    assert "kubernetes.client.models." not in loaded
    assert "_api'" not in loaded


def test_whoever_needs_the_rest_of_kubernetes_gets_it() -> None:
    program = """
from kubernetes import client, watch
print(client.CoreV1Api.__name__, client.models.V1Pod.__name__, client.V1Pod.__name__, watch.Watch)
print(client.ApiClient().sanitize_for_serialization(client.V1Pod(kind="Pod")))
"""
    assert _said(program).startswith("CoreV1Api V1Pod V1Pod <class 'kubernetes.watch")
