"""What Kubernetes steps need to know of roles: which there are, and where their Secrets lie."""

from collections.abc import Callable, Sequence

from activities.postgres.role import Role
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

Roles = Callable[[Postgresql, Configuration], Sequence[Role]]
