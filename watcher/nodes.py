"""Which nodes have become ones to be left, or are no more so. Pure: no I/O.

Nodes are reported often, for their own sake; only whether members are to leave them counts.
"""

from dataclasses import dataclass, field

from watcher.api import Object
from watcher.feed import Listed, News
from workflows.model.nodes import NodeRule


@dataclass
class Nodes:
    """Memory of one feed. Nodes that are to be left are news in its first list as well: clusters
    may have been looked at before it came."""

    rule: NodeRule
    _leaving: dict[str, str] = field(default_factory=dict)

    def shape(self, item: Object) -> Object:
        """The verdict alone is kept; the rest is dropped as it arrives."""
        return {
            "metadata": {"name": item["metadata"]["name"]},
            "leaving": self.rule.why_leave(item),
        }

    def take(self, news: News) -> set[str]:
        """Names of the nodes that are judged otherwise than before."""
        if isinstance(news, Listed):
            present = {node["metadata"]["name"]: node for node in news.objects}
            gone = {name for name in self._leaving if name not in present}
            for name in gone:
                del self._leaving[name]
            return {name for name, node in present.items() if self._note(name, node)}
        name = news.object["metadata"]["name"]
        if news.kind == "DELETED":
            self._leaving.pop(name, None)  # its pods go too, and that is told by them
            return set()
        return {name} if self._note(name, news.object) else set()

    def _note(self, name: str, node: Object) -> bool:
        why = str(node["leaving"])
        known, self._leaving[name] = self._leaving.get(name, ""), why
        return known != why
