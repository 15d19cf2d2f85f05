"""Types of resource fields: what is checked on reading is what the CRD's schema says.

A `Rule` travels in `Annotated[...]` and serves three readers: pydantic checks it, the schema
generator copies `schema`, and a person with a bad value is told `accepted`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from workflows.model import embedded

# marks in a model's JSON schema that CRDs have no word for
ACCEPTED: Final = "x-accepted"
CORE_TYPE: Final = "x-core"


@dataclass(frozen=True, eq=False)
class Rule:
    """A condition beyond the plain type. Without `check` the rule only speaks to the schema."""

    accepted: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Any], bool] | None = None

    def refuses(self, value: Any) -> bool:
        return self.check is not None and not self.check(value)

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        inner = handler(source)
        if self.check is None:
            return inner
        return core_schema.no_info_after_validator_function(self._checked, inner)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), **self.schema, ACCEPTED: self.accepted}

    def _checked(self, value: Any) -> Any:
        if self.refuses(value):
            raise _refusal(self.accepted)
        return value


def _refusal(accepted: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{accepted}", {"accepted": accepted})


def pattern(expression: str, accepted: str) -> Rule:
    """A text of this form. The expression must mean the same to Go's RE2 and to Python."""
    # `$` of Go is the very end; that of Python also stands before a last line feed
    compiled = re.compile(expression.removesuffix("$") + r"\Z", re.ASCII)
    return Rule(
        accepted=accepted,
        schema={"pattern": expression},
        check=lambda text: compiled.search(text) is not None,
    )


def one_of(*values: str) -> Rule:
    return Rule(
        accepted=f"one of {', '.join(values)}",
        schema={"enum": [str(value) for value in values]},
        check=lambda value: value in values,
    )


def at_least(minimum: int) -> Rule:
    return Rule(
        accepted=f"a whole number of at least {minimum}",
        schema={"minimum": minimum},
        check=lambda number: number >= minimum,
    )


def at_most(maximum: int) -> Rule:
    return Rule(
        accepted=f"a whole number of at most {maximum}",
        schema={"maximum": maximum},
        check=lambda number: number <= maximum,
    )


class KubernetesType(Rule):
    """An object of Kubernetes itself: each part of it that has another shape is told."""

    def __init__(self, name: str) -> None:
        super().__init__(accepted=f"a Kubernetes {name}", schema={CORE_TYPE: name})

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: Any) -> Any:
        wrong = [
            InitErrorDetails(type=_refusal(accepted), loc=location, input=given)
            for location, given, accepted in embedded.complaints(self.schema[CORE_TYPE], value)
        ]
        if wrong:
            raise ValidationError.from_exception_data(self.accepted, wrong)
        return value


def kubernetes(name: str) -> Rule:
    """A type of Kubernetes itself; its schema is put in by name, its meaning judged there."""
    return KubernetesType(name)


NULLABLE = Rule(accepted="null too", schema={"nullable": True})
OPEN = Rule(
    accepted="any fields",
    schema={"type": "object", "x-kubernetes-preserve-unknown-fields": True},
)


def _integer(bits: int, *, low: int, high: int) -> Rule:
    return Rule(
        accepted=f"a whole number from {low} to {high}",
        schema={"format": f"int{bits}"},
        check=lambda number: low <= number <= high,
    )


_BOTH = re.compile(r"e\d+[EPTGMK]")
CPU_PATTERN = r"^(\d+m|\d+(\.\d{1,3})?)$"
MEMORY_PATTERN = r"^(\d+(e\d+)?|\d+(\.\d+)?(e\d+)?[EPTGMK]i?)$"
CRON_PATTERN = r"^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$"
_CLOCK = r"(2[0-3]|[01]?\d):([0-5]?\d)"
WINDOW_PATTERN = rf"^ *((Mon|Tue|Wed|Thu|Fri|Sat|Sun):)?{_CLOCK}-{_CLOCK} *$"
TIMESTAMP_PATTERN = (
    r"^\d+-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)"
    r"(\.\d+)?[+-]([01]\d|2[0-3]):[0-5]\d$"
)
UUID_PATTERN = r"^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$"
_OCTET = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_GROUP = "[0-9a-fA-F]{1,4}"


def _ipv6() -> str:
    """Eight groups, or fewer around one `::`, without embedded IPv4 and without zone."""
    forms = [rf"({_GROUP}:){{7}}{_GROUP}", rf"({_GROUP}:){{1,7}}:"]
    forms += [rf"({_GROUP}:){{1,{7 - n}}}(:{_GROUP}){{1,{n}}}" for n in range(1, 7)]
    forms.append(rf":(:{_GROUP}){{1,7}}|::")
    return f"({'|'.join(forms)})"


_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
OBJECT_NAME_PATTERN = rf"^{_LABEL}(\.{_LABEL})*$"

CIDR_PATTERN = (
    rf"^({_OCTET}(\.{_OCTET}){{3}}/(3[0-2]|[12]?\d)|{_ipv6()}/(12[0-8]|1[01]\d|[1-9]?\d))$"
)

CPU_ACCEPTED = "a CPU quantity such as 100m, 1 or 0.5"
MEMORY_ACCEPTED = "a memory quantity such as 100Mi, 1Gi or 1073741824"
CRON_ACCEPTED = "five cron fields of numbers, * and /n, such as 30 0 * * *"
WINDOW_ACCEPTED = "a window such as 01:00-06:00 or Sat:02:00-04:30"


def memory() -> Rule:
    """The schema's pattern lets `1e3Ki` pass, which Kubernetes can't read."""
    written = pattern(MEMORY_PATTERN, MEMORY_ACCEPTED)
    return Rule(
        accepted=written.accepted,
        schema=written.schema,
        check=lambda text: not written.refuses(text) and not _BOTH.search(text),
    )


Int32 = Annotated[int, _integer(32, low=-(2**31), high=2**31 - 1)]
Int64 = Annotated[int, _integer(64, low=-(2**63), high=2**63 - 1)]
# unsigned in the operator, plain int32 in the schema
UInt32 = Annotated[int, _integer(32, low=0, high=2**32 - 1)]
Cpu = Annotated[str, pattern(CPU_PATTERN, CPU_ACCEPTED)]
Memory = Annotated[str, memory()]
Cron = Annotated[str, pattern(CRON_PATTERN, CRON_ACCEPTED)]
WindowText = Annotated[str, pattern(WINDOW_PATTERN, WINDOW_ACCEPTED)]
Timestamp = Annotated[
    str,
    pattern(TIMESTAMP_PATTERN, "a time with numeric zone such as 2026-01-31T12:00:00+00:00"),
]
ObjectName = Annotated[
    str,
    pattern(
        OBJECT_NAME_PATTERN, "the name of a Kubernetes object such as fast or fast.example.org"
    ),
]
Cidr = Annotated[str, pattern(CIDR_PATTERN, "an address range such as 10.0.0.0/8 or 2001:db8::/32")]
Uuid = Annotated[
    str,
    Rule(
        accepted="a UUID",
        schema={"format": "uuid"},
        check=lambda text: re.search(UUID_PATTERN, text) is not None,
    ),
]
Core = dict[str, Any]
"""An object of Kubernetes' own types, kept as it was written."""


class Resource(BaseModel):
    """Part of a custom resource: camelCase outside, strict types, unknown fields ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )


class SnakeResource(Resource):
    """A part whose fields are snake_case outside, too."""

    model_config = ConfigDict(alias_generator=None)
