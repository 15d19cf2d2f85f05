"""The sections of an `OperatorConfiguration` in the order of the reference page."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, get_args

from workflows.model.configuration import access, general, kubernetes, storage
from workflows.model.configuration.parameter import Form, Parameter
from workflows.model.configuration.section import Section, parameters

SECTIONS: Final = MappingProxyType[str, type[Section]](
    {
        "": general.General,
        "users": general.Users,
        "major_version_upgrade": general.MajorVersionUpgrade,
        "kubernetes": kubernetes.Kubernetes,
        "postgres_pod_resources": general.PostgresPodResources,
        "timeouts": general.Timeouts,
        "operations": general.Operations,
        "load_balancer": storage.LoadBalancer,
        "aws_or_gcp": storage.AwsOrGcp,
        "logical_backup": storage.LogicalBackup,
        "debug": access.Debug,
        "teams_api": access.TeamsApi,
        "logging_rest_api": access.LoggingRestApi,
        "scalyr": access.Scalyr,
        "connection_pooler": access.ConnectionPooler,
        "patroni": access.Patroni,
    }
)


@dataclass(frozen=True)
class Entry:
    """A parameter with its place: ConfigMap key `name`, object path `configuration.<path>`."""

    name: str
    section: str
    type: Any
    declared: Parameter

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def optional(self) -> bool:
        """Whether the model has None for absent."""
        return type(None) in get_args(self.type)

    @property
    def hidden(self) -> bool:
        """Whether it must not be repeated: a credential, or containers with their environment."""
        return self.declared.secret or self.plain_type == list[dict[str, Any]]

    @property
    def plain_type(self) -> Any:
        """The type without None."""
        return next(item for item in get_args(self.type) if item) if self.optional else self.type


def entries(form: Form) -> Iterator[Entry]:
    """All parameters that exist in this form, section by section in alphabetical order."""
    for section, model in SECTIONS.items():
        for name, (info, declared) in sorted(parameters(model).items()):
            if form in declared.forms:
                yield Entry(name, section, info.annotation, declared)
