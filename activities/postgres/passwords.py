"""The passwords of wanted roles, from their Secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from activities.manifests.metadata import selector_labels
from activities.postgres.role import Role
from activities.vault import Vault
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


@dataclass(frozen=True)
class Passwords:
    """What is known, and a sentence for each role whose Secret can't be used."""

    known: Mapping[str, str] = field(repr=False)
    missing: Mapping[str, str]

    def usable(self, wanted: Sequence[Role]) -> list[Role]:
        """Without the roles whose password ought to be known and isn't: they have to wait."""
        return [role for role in wanted if role.name not in self.missing]


def gather(
    wanted: Sequence[Role], *, vault: Vault, cluster: Postgresql, configuration: Configuration
) -> Passwords:
    """Read the Secrets afresh, most of them in one request."""
    refs = {role.name: role.secret for role in wanted if role.secret is not None}
    values = vault.read_all(
        refs.values(),
        namespace=cluster.metadata.namespace,
        labels=selector_labels(cluster, configuration),
    )
    missing = {
        name: f"role {name} has to wait: its Secret {ref.namespace}/{ref.name} has no {ref.key}"
        for name, ref in refs.items()
        if not values.get(ref)
    }
    known = {name: values[ref] for name, ref in refs.items() if name not in missing}
    return Passwords(known, missing)
