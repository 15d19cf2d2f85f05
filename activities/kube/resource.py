"""The `postgresql` resource, as steps need it: fresh, decoded, and the one that was meant."""

from typing import Any

from activities.kube.client import Kube, Object
from workflows.model.base import ClusterRef
from workflows.model.errors import InvalidManifest, Precondition
from workflows.model.names import KIND
from workflows.model.postgresql import ObjectMeta, Postgresql, parse
from workflows.model.postgresql.sections import StandbyDescription
from workflows.model.postgresql.spec import PostgresqlSpec
from workflows.model.validation import mapping


class Resources:
    """Reads `postgresql` resources; every reading is a fresh one."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def raw(self, ref: ClusterRef) -> Object | None:
        """The object as the API server has it, or None."""
        return self._kube.get(KIND, ref.namespace, ref.name)

    def metadata(self, ref: ClusterRef) -> ObjectMeta | None:
        """Its metadata, or None; also of a resource whose content is invalid."""
        found = self.raw(ref)
        return None if found is None else ObjectMeta.model_validate(found["metadata"])

    def read(self, ref: ClusterRef) -> Postgresql | None:
        """The decoded resource, or None. Raises InvalidManifest with all bad fields."""
        found = self.raw(ref)
        return None if found is None else parse(found)

    def required(self, ref: ClusterRef, *, uid: str) -> Postgresql:
        """The resource that the order was given for, to be brought to what it says.

        Raises Precondition as `meant`, and InvalidManifest with all bad fields.
        """
        return parse(self.meant(ref, uid=uid))

    def meant(self, ref: ClusterRef, *, uid: str) -> Object:
        """The resource that the order was given for, whatever it says.

        Raises Precondition when it is gone, was created anew, or is being deleted: whatever is
        made for it now would be left behind.
        """
        found = self.raw(ref)
        if found is None:
            raise Precondition(f"postgresql {ref} is gone")
        metadata = ObjectMeta.model_validate(found["metadata"])
        if metadata.uid != uid:
            raise Precondition(f"postgresql {ref} was created anew")
        if metadata.deletion_timestamp is not None:
            raise Precondition(f"postgresql {ref} is being deleted")
        return found


def readable(found: Object) -> Postgresql | None:
    """The decoded resource; nothing when its manifest is invalid."""
    try:
        return parse(found)
    except InvalidManifest:
        return None


def outline(found: Object) -> Postgresql:
    """What steps have to know that build nothing from the manifest, also when it is invalid.

    That is its metadata, and whether it follows another cluster; nothing else may be asked for.
    """
    if (cluster := readable(found)) is not None:
        return cluster
    spec = mapping(found.get("spec"))
    env = spec.get("env")
    known: dict[str, Any] = {
        "standby": StandbyDescription.model_construct() if spec.get("standby") else None,
        "env": [one for one in env if isinstance(one, dict)] if isinstance(env, list) else [],
    }
    return Postgresql.model_construct(
        metadata=ObjectMeta.model_validate(found["metadata"]),
        spec=PostgresqlSpec.model_construct(**known),
    )
