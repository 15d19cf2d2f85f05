"""Where Patroni keeps the cluster's state: Kubernetes, or a store named by the environment."""

import json
import logging
import re
from typing import Any

import yaml

from .environment import Environment, is_on

log = logging.getLogger("configure")
# What every pod gets for service discovery is no configuration.
DISCOVERY = re.compile(r"^KUBERNETES_(SERVICE|PORT)(_|$)")
STORES = ("ETCD3", "ETCD", "CONSUL", "ZOOKEEPER", "EXHIBITOR")


def in_kubernetes(environment: Environment) -> bool:
    return "KUBERNETES_SERVICE_HOST" in environment


def uses_kubernetes(environment: Environment) -> bool:
    """Whether Kubernetes itself is the store."""
    return bool(environment.get("DCS_ENABLE_KUBERNETES_API", "").strip())


def section(environment: Environment) -> dict[str, Any]:
    """Patroni's section for the store, e.g. `{"kubernetes": {...}}`; empty when none is named."""
    if uses_kubernetes(environment):
        return {"kubernetes": kubernetes(environment)}
    for store in STORES:
        if settings := _prefixed(environment, f"{store}_"):
            return {store.lower(): _store(settings)}
    return {}


def kubernetes(environment: Environment) -> dict[str, Any]:
    """Labels of the pods and of Patroni's objects, and the kind of those objects."""
    settings: dict[str, Any] = {
        "scope_label": "version",
        "role_label": "spilo-role",
        "leader_label_value": "master",
        "standby_leader_label_value": "master",
        "bypass_api_service": True,
    }
    settings |= {
        key: value
        for key, value in _prefixed(environment, "KUBERNETES_").items()
        if not DISCOVERY.match(f"KUBERNETES_{key.upper()}")
    }
    settings["labels"] = labels(environment, "KUBERNETES_LABELS", {"application": "spilo"})
    settings["bootstrap_labels"] = labels(environment, "KUBERNETES_BOOTSTRAP_LABELS", {})
    settings.pop("use_configmaps", None)
    if "KUBERNETES_BYPASS_API_SERVICE" in environment:
        settings["bypass_api_service"] = is_on(environment, "KUBERNETES_BYPASS_API_SERVICE")
    if not is_on(environment, "KUBERNETES_USE_CONFIGMAPS"):
        settings["use_endpoints"] = True
        settings["pod_ip"] = environment.get("POD_IP", "")
        settings["ports"] = [{"port": 5432, "name": "postgresql"}]
    settings.setdefault("namespace", environment.get("POD_NAMESPACE", "default"))
    return settings


def labels(environment: Environment, name: str, default: dict[str, str]) -> dict[str, str]:
    """A JSON object of labels; on anything else the default, with a warning."""
    text = environment.get(name)
    if not text:
        return default
    try:
        found = json.loads(text)
        return {str(key): str(value) for key, value in found.items()}
    except (ValueError, AttributeError):
        log.warning("%s is not a JSON object, taking %s: %r", name, default, text)
        return default


def _prefixed(environment: Environment, prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in sorted(environment.items())
        if name.startswith(prefix) and value
    }


def _store(settings: dict[str, Any]) -> dict[str, Any]:
    """In Patroni's words; `hosts` may be a YAML list, or hosts separated by commas."""
    if "discovery_domain" in settings:
        settings["srv"] = settings.pop("discovery_domain")
    if "hosts" in settings:
        value = yaml.safe_load(settings["hosts"])
        settings["hosts"] = value if isinstance(value, list) else str(value).split(",")
    return settings
