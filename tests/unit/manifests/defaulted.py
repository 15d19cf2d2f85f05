"""What the API server adds to the objects that the builders make, so that captures compare."""

import copy
from typing import Any

Object = dict[str, Any]

ANY_PORT = 30999  # the normal form hides ports that were not asked for


def defaulted(obj: Object) -> Object:
    """A copy with the server's defaults; only what may be absent is filled."""
    stored = copy.deepcopy(obj)
    if stored["kind"] == "Service":
        _service(stored["spec"])
    if stored["kind"] == "StatefulSet":
        stored["spec"].setdefault("revisionHistoryLimit", 10)
        _pod(stored["spec"]["template"]["spec"])
    if stored["kind"] == "Deployment":
        _deployment(stored["spec"])
    if stored["kind"] == "CronJob":
        stored["spec"].setdefault("suspend", False)
        _pod(stored["spec"]["jobTemplate"]["spec"]["template"]["spec"])
    return stored


def _deployment(spec: Object) -> None:
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    rolling = {"maxSurge": "25%", "maxUnavailable": "25%"}
    spec.setdefault("strategy", {"type": "RollingUpdate", "rollingUpdate": rolling})
    _pod(spec["template"]["spec"])


def _service(spec: Object) -> None:
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    spec.setdefault("sessionAffinity", "None")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    for port in spec["ports"]:
        port.setdefault("protocol", "TCP")
        if spec["type"] != "ClusterIP":
            port.setdefault("nodePort", ANY_PORT)


def _pod(spec: Object) -> None:
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("schedulerName", "default-scheduler")
    spec["serviceAccount"] = spec["serviceAccountName"]
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        container.setdefault("imagePullPolicy", "IfNotPresent")
        container.setdefault("resources", {})
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        for port in container.get("ports", []):
            port.setdefault("protocol", "TCP")
    for volume in spec.get("volumes", []):
        if "secret" in volume:
            volume["secret"].setdefault("defaultMode", 0o644)
