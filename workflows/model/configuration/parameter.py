"""What one operator parameter is: the declaration everything else is derived from.

A parameter is an annotated attribute of a section class, `name: type = parameter(...)`. Loaders,
the CRD's schema and the reference page read these declarations and nothing else.

Three layers of defaults, as Zalando's operator has them:

* `schema`      filled in by the API server in an `OperatorConfiguration`
* `fallback`    used in the object form when the value is still absent or empty
* `config_map`  used in the ConfigMap form when the key is missing (an empty key is no default)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from workflows.model import fields
from workflows.model.fields import (
    CPU_ACCEPTED,
    CPU_PATTERN,
    Rule,
    one_of,
    pattern,
)

Form = Literal["object", "config map"]
FORMS: Final[tuple[Form, ...]] = ("object", "config map")

_QUANTITY = r"^(\+?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?|null)?$"
CPU: Final = pattern(CPU_PATTERN, CPU_ACCEPTED)
MEMORY: Final = fields.memory()
QUANTITY: Final = pattern(_QUANTITY, "a quantity of Kubernetes, such as 100m or 1Gi")


class NamespacedName(BaseModel):
    """`namespace/name`; a bare name is completed with a namespace on reading."""

    model_config = ConfigDict(frozen=True)

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @classmethod
    def parse(cls, text: str, *, default_namespace: str) -> "NamespacedName":
        """Splits at the first `/`; raises ValueError when nothing is left for the name."""
        namespace, slash, name = text.partition("/")
        if not slash:
            namespace, name = "", text
        name = name.lstrip("/")
        if not name:
            raise ValueError("a name, or namespace/name")
        return cls(namespace=namespace or default_namespace, name=name)


class InfrastructureRoles(BaseModel):
    """Where the name, password and groups of roles for the infrastructure are read from."""

    model_config = ConfigDict(frozen=True)

    secretname: NamespacedName
    userkey: str = ""
    passwordkey: str = ""
    rolekey: str = ""
    defaultuservalue: str = ""
    defaultrolevalue: str = ""
    details: str = ""
    template: bool = False


@dataclass(frozen=True, eq=False)
class Parameter:
    """One declaration. `None` in a layer of defaults means that the layer has none."""

    effect: str
    schema: Any = None
    fallback: Any = None
    config_map: Any = None
    accepts: Rule | None = None
    accepts_text: Rule | None = None
    forms: tuple[Form, ...] = FORMS
    zero_stands: bool = False
    integer_format: str | None = "int32"
    secret: bool = False


def parameter(
    effect: str,
    *,
    everywhere: Any = None,
    schema: Any = None,
    fallback: Any = None,
    config_map: Any = None,
    accepts: Rule | None = None,
    accepts_text: Rule | None = None,
    forms: tuple[Form, ...] = FORMS,
    zero_stands: bool = False,
    integer_format: str | None = "int32",
    secret: bool = False,
) -> Any:
    """Declares a parameter. `everywhere` is the same default in all three layers.

    `accepts` holds in the object form, where the API server checks it, too; `accepts_text` in the
    ConfigMap form, which knew hardly any checks and must go on accepting what it accepted.
    `zero_stands`: an explicit 0 is not replaced by the fallback. `secret`: the value itself is a
    credential and must not be shown.
    """
    declared = Parameter(
        effect=effect,
        schema=everywhere if schema is None else schema,
        fallback=everywhere if fallback is None else fallback,
        config_map=everywhere if config_map is None else config_map,
        accepts=accepts,
        accepts_text=accepts_text,
        forms=forms,
        zero_stands=zero_stands,
        integer_format=integer_format,
        secret=secret,
    )
    info = Field(description=effect, repr=not secret)
    info.metadata.append(declared)
    return info


def cpu(effect: str, *, default: str | None = None) -> Any:
    """An amount of processor time; empty, 0 and null stand for none."""
    return parameter(effect, schema=default, config_map=default, accepts=CPU, accepts_text=QUANTITY)


def memory(effect: str, *, default: str | None = None) -> Any:
    """An amount of memory; empty, 0 and null stand for none."""
    return parameter(
        effect, schema=default, config_map=default, accepts=MEMORY, accepts_text=QUANTITY
    )


def choice(effect: str, values: Iterable[str], *, default: str, strict: bool = False) -> Any:
    """One of several words. `strict`: another word would fail every cluster in either form."""
    rule = one_of(*values)
    return parameter(
        effect, everywhere=default, accepts=rule, accepts_text=rule if strict else None
    )
