"""The base of the section classes, and how their declarations are found."""

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from workflows.model.configuration.parameter import Parameter


class Section(BaseModel):
    """Parameters that stand together in an `OperatorConfiguration`."""

    model_config = ConfigDict(frozen=True, strict=True, arbitrary_types_allowed=False)


def declared(info: FieldInfo) -> Parameter:
    """The declaration behind a field of a section."""
    return next(item for item in info.metadata if isinstance(item, Parameter))


def parameters(section: type[Section]) -> dict[str, tuple[FieldInfo, Parameter]]:
    return {name: (info, declared(info)) for name, info in section.model_fields.items()}
