"""The child objects of a cluster, grouped: how they are applied, and how they are deleted."""

from enum import StrEnum


class Group(StrEnum):
    """Child objects that are applied together, in the order of creation."""

    ACCESS = "access"
    SERVICES = "services"
    SECRETS = "secrets"
    DISRUPTION_BUDGETS = "disruption budgets"
    STATEFUL_SET = "stateful set"
    CONNECTION_POOLER = "connection pooler"
    LOGICAL_BACKUP = "logical backup"
    VOLUME_CLAIMS = "volume claims"
    PATRONI_OBJECTS = "patroni objects"
    EVENT_STREAMS = "event streams"


BASIC = (
    Group.ACCESS,
    Group.SERVICES,
    Group.SECRETS,
    Group.DISRUPTION_BUDGETS,
    Group.STATEFUL_SET,
)
"""Without these there is no cluster: they are applied at every creation."""
AFTER_SQL = (Group.CONNECTION_POOLER, Group.PATRONI_OBJECTS, Group.EVENT_STREAMS)
"""What needs a role in the database, or is about objects that members make first."""


class Stage(StrEnum):
    """Child objects that are deleted together, in the order of deletion."""

    EVENT_STREAMS = "event streams"
    LOGICAL_BACKUP = "logical backup"
    STATEFUL_SET = "stateful set"
    PODS = "pods"
    VOLUME_CLAIMS = "volume claims"
    SECRETS = "secrets"
    DISRUPTION_BUDGETS = "disruption budgets"
    SERVICES = "services"
    PATRONI_OBJECTS = "patroni objects"
    CONNECTION_POOLER = "connection pooler"
    FINALIZER = "finalizer"


FIRST_STAGES = (
    Stage.STATEFUL_SET,
    Stage.PODS,
    Stage.VOLUME_CLAIMS,
    Stage.SECRETS,
    Stage.DISRUPTION_BUDGETS,
    Stage.SERVICES,
    Stage.PATRONI_OBJECTS,
    Stage.FINALIZER,
)
"""Those of deletions that were ordered when there were no others."""
