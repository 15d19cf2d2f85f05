"""Bringing Patroni's dynamic configuration to what the manifest says, and seeing it there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from activities.patroni.differences import Changes, changes, parameters, wanted
from activities.patroni.following import Following, following, source
from activities.patroni.meaning import number
from activities.patroni.remembered import Remembered
from activities.patroni.restarts import Pending, pending, primary_first
from activities.patroni.sight import Sight
from activities.patroni.takeover import Takeover
from workflows.model.errors import Unavailable
from workflows.model.orders import Configured

_USUAL_WAIT: Final = 10
_LONGEST_WAIT: Final = 60
"""Seconds; who has longer rounds is found waiting for a restart by a later look."""


@dataclass(frozen=True, kw_only=True)
class Configuring:
    """One run, in one thread."""

    sight: Sight
    remembered: Remembered
    remember: Callable[[str], None]
    """Writes down what the cluster was told to follow."""
    until: Callable[[Callable[[], str]], None]
    """Waits until its argument returns nothing, and meanwhile shows what it returns."""

    def run(self) -> Configured:
        """Write what differs, once. Raises Unavailable when nobody answers or it was not kept."""
        self.sight.refresh(now=True)
        address, view, live = self.sight.configured()
        change = self._change(live)
        # nobody is promoted or made to follow while somebody has paused Patroni
        follow = Following() if view.paused else self._following(live, self.remembered.standby)
        takeover = Takeover(
            self.sight.told(view.members) if change.parameters else {},
            round_seconds=min(number(live.get("loop_wait")) or _USUAL_WAIT, _LONGEST_WAIT),
        )
        self._write(address, change)
        self._move(address, follow)
        if change.parameters:
            self.until(lambda: takeover.lack(self.sight.told(view.members)))
        waiting = self._waiting()
        return Configured(
            changed=[*change.sentences, *([follow.sentence] if follow.sentence else [])],
            restart=bool(waiting),
            primary_first=primary_first(waiting, otherwise=change.primary_first),
        )

    def _change(self, live: Mapping[str, Any]) -> Changes:
        asked = wanted(self.sight.cluster, self.sight.configuration)
        return changes(asked, live, remembered=self.remembered.known_slots)

    def _following(self, live: Mapping[str, Any], known: str | None) -> Following:
        return following(self.sight.cluster, live, remembered=known)

    def _write(self, address: str, change: Changes) -> None:
        if not change.body:
            return
        left = self._change(self.sight.patroni.configure(address, change.body))
        if left.sentences:
            lost = "; ".join(left.sentences)
            raise Unavailable(f"Patroni has not kept what was written: {lost}")

    def _move(self, address: str, follow: Following) -> None:
        """Told before it is written down: to be told twice harms nobody."""
        if not follow.body:
            return
        named = source(self.sight.cluster)
        live = self.sight.patroni.configure(address, follow.body)
        if self._following(live, named) != Following():
            raise Unavailable(f"Patroni has not kept that {follow.sentence}")
        self.remember(named)

    def _waiting(self) -> list[Pending]:
        view = self.sight.view()
        if view.paused:
            return []
        ours = parameters(self.sight.cluster)
        found = [pending(name, told) for name, told in self.sight.told(view.members).items()]
        return [one for one in found if one and one.concerns(ours)]
