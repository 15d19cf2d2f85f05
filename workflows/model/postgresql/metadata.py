"""`metadata` of a resource, as far as the operator looks at it."""

from pydantic import Field

from workflows.model.fields import Core, Resource


class ObjectMeta(Resource):
    """Everything but the name may be missing in a manifest that no API server has seen."""

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    owner_references: list[Core] = Field(default_factory=list)
    finalizers: list[str] = Field(default_factory=list)
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
