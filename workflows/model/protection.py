"""Deletion protection: which annotations a resource must carry so that its deletion counts.

Zalando's rule: with `delete_annotation_date_key` set, that annotation must say today's date; with
`delete_annotation_name_key` set, that one must say the resource's name. Owner references switch
the check off, because then Kubernetes deletes the children whatever we think.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from workflows.model.configuration import Configuration
from workflows.model.observation import Deletion


@dataclass(frozen=True)
class Protection:
    """The two annotation keys of the operator's configuration; empty means not required."""

    date_key: str = ""
    name_key: str = ""
    enabled: bool = True

    @classmethod
    def of(cls, configuration: Configuration) -> "Protection":
        """The rule that a configuration asks for."""
        return cls(
            date_key=configuration.delete_annotation_date_key,
            name_key=configuration.delete_annotation_name_key,
            enabled=not configuration.enable_owner_references,
        )

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for key in (self.date_key, self.name_key) if key and self.enabled)

    def verdict(self, *, name: str, annotations: Mapping[str, str] | None, today: date) -> Deletion:
        """On a deletion that was asked for; see `refusal`."""
        refused = self.refusal(name=name, annotations=annotations, today=today)
        return Deletion(requested=True, refused=refused)

    def refusal(self, *, name: str, annotations: Mapping[str, str] | None, today: date) -> str:
        """Say why a deletion must not be carried out, or nothing when it may.

        `annotations` None means that nobody saw the last ones: refused, as the safe choice.
        """
        if not self.keys:
            return ""
        if annotations is None:
            return f"it was deleted unseen, so its annotations {', '.join(self.keys)} are unknown"
        wanted = {self.date_key: today.isoformat(), self.name_key: name}
        wrong = [
            f"annotation {key} must be {wanted[key]!r} and is {annotations.get(key)!r}"
            for key in self.keys
            if annotations.get(key) != wanted[key]
        ]
        return "; ".join(wrong)
