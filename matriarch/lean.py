"""The `kubernetes` library without the thousand classes that it loads and nobody here uses.

Its packages import one class for each kind of object and each group of the API: a third of this
process's memory. Of the library only credentials, TLS and proxies are used. Whoever asks for more
still gets it: the rest is loaded at that moment.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Final

_HEAVY: Final = ("kubernetes", "kubernetes.client", "kubernetes.client.models")


def load_kubernetes() -> None:
    """To be called before anything else imports `kubernetes`; later it changes nothing."""
    if "kubernetes" in sys.modules:
        return
    packages = {name: _unfilled(name) for name in _HEAVY}
    from kubernetes.client.configuration import Configuration

    client = packages["kubernetes.client"]
    vars(client)["Configuration"] = Configuration
    from kubernetes.client.api_client import ApiClient

    vars(client)["ApiClient"] = ApiClient
    import_module("kubernetes.config")
    for package in packages.values():
        vars(package)["__getattr__"] = _Filling(package)


def _unfilled(name: str) -> ModuleType:
    """The package as such: its modules can be imported, but its own code has not run."""
    spec = find_spec(name)
    assert spec is not None
    package = module_from_spec(spec)
    sys.modules[name] = package
    parent, _, own = name.rpartition(".")
    if parent:
        vars(sys.modules[parent])[own] = package
    return package


class _Filling:
    """Runs the package's own code when somebody asks for what it has not got yet."""

    def __init__(self, package: ModuleType) -> None:
        self._package = package

    def __call__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        vars(self._package).pop("__getattr__", None)
        spec = self._package.__spec__
        assert spec is not None and spec.loader is not None
        spec.loader.exec_module(self._package)
        return getattr(self._package, name)
