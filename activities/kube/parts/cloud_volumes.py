"""The EBS volumes of the members, in the modes that modify them by EC2: known from their claims.

Only a step asks EC2, see `activities.cloud`; what came of it stands on the claim.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from activities.cloud import claims
from activities.cloud.volumes import Properties
from activities.kube.child import Child, Finding
from activities.kube.client import Object
from activities.kube.judge import Difference
from activities.kube.parts.sight import Sight
from activities.kube.writer import Writer
from workflows.model.observation import Drift


class Modified(Child):
    """A claim whose volume has not been seen to since the wishes for it were written."""

    def __init__(self, manifest: Object, live: Object, *, wanted: Properties) -> None:
        super().__init__(manifest, live)
        self._wanted = wanted

    def finding(self, difference: Difference) -> Finding | None:
        return Finding(Drift.CHANGED, f"its EBS volume is to have {self._wanted}")

    def settle(self, writer: Writer) -> None:
        """Nothing: a step of its own does it."""


def children(sight: Sight) -> Iterator[Child]:
    """Claims that EC2 is to be asked for; what it has refused for now is told instead."""
    wish = claims.Wish.of(sight.cluster, sight.configuration)
    if wish is None:
        return
    found = sight.existing.of(claims.KIND).values()
    for claim in claims.used(found, sight.cluster, sight.configuration):
        name = claim["metadata"]["name"]
        if claims.is_seen_to(claim, wish):
            continue
        if refusal := claims.refusal(claim, wish, now=datetime.now(UTC)):
            sight.note(f"{name}: {refusal}")
            continue
        yield Modified(sight.place("v1", claims.KIND, name), claim, wanted=wish.properties)
