"""The child objects of a cluster, part by part.

A part says what is wanted, how what exists is found, and what is too much. Looking and applying
both go by it, so a new kind of object is added in one place: a module here, with a line below.
"""

from activities.kube.parts import (
    access,
    backup,
    budgets,
    claims,
    cloud_volumes,
    members,
    network,
    patroni,
    pooler,
    secrets,
    streams,
)
from activities.kube.parts.sight import Part, Sight
from workflows.model.children import Group

__all__ = ["PARTS", "Part", "Sight"]

PARTS = (
    Part(Group.ACCESS, "Access", access.children, vital=True),
    Part(Group.SERVICES, "Services", network.children),
    Part(Group.SECRETS, "Secrets", secrets.children),
    Part(Group.DISRUPTION_BUDGETS, "DisruptionBudgets", budgets.children),
    Part(Group.STATEFUL_SET, "StatefulSet", members.children, vital=True),
    Part(Group.CONNECTION_POOLER, "ConnectionPooler", pooler.children),
    Part(Group.LOGICAL_BACKUP, "LogicalBackup", backup.children),
    Part(Group.VOLUME_CLAIMS, "VolumeClaims", claims.children),
    Part(Group.VOLUME_CLAIMS, "CloudVolumes", cloud_volumes.children, cloud=True),
    Part(Group.PATRONI_OBJECTS, "PatroniObjects", patroni.children),
    Part(Group.EVENT_STREAMS, "Streams", streams.children),
)
