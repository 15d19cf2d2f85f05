"""The watcher of this process: what it watches, under which Lease, and whom it tells."""

import logging
from collections.abc import Callable
from typing import Final

from matriarch.settings import Settings
from matriarch.sources import sources_of
from matriarch.temporal import Temporal
from matriarch.wiring import configuration_settings
from watcher.api import Api
from watcher.farewells import Farewells
from watcher.lease import Lease
from watcher.scope import Scope
from watcher.service import Watcher
from watcher.term import Calls, Term
from workflows.client import open_clusters
from workflows.model.configuration import Configuration
from workflows.model.nodes import NodeRule
from workflows.model.protection import Protection

log = logging.getLogger(__name__)

LEASE: Final = "postgres-operator"


class Watched:
    """The watcher, and the scope that its next term will have."""

    def __init__(
        self,
        *,
        api: Api,
        settings: Settings,
        temporal: Temporal,
        scope: Scope,
        on_configuration: Callable[[], None],
    ) -> None:
        self.scope = scope
        self._renewed = False
        """The next term's scope is another one because the configuration is."""
        lease = Lease(
            api,
            namespace=settings.operator_namespace,
            name=lease_name(settings.controller_id),
            identity=settings.identity,
        )
        farewells = Farewells()
        calls = Calls(temporal.tell, lambda: open_clusters(temporal.client))

        def new_term(allowed: Callable[[], bool]) -> Term:
            renewed, self._renewed = self._renewed, False
            return Term(
                api,
                scope=self.scope,
                temporal=calls,
                allowed=allowed,
                farewells=farewells,
                on_configuration=on_configuration,
                renewed=renewed,
            )

        self.watcher = Watcher(lease=lease, new_term=new_term)

    def follow(self, scope: Scope) -> None:
        """Begin anew if it is another scope than before."""
        if scope != self.scope:
            log.info("now watching %s", ", ".join(scope.namespaces))
            self.scope, self._renewed = scope, True
            self.watcher.begin_anew()


def scope_of(settings: Settings, configuration: Configuration) -> Scope:
    return Scope(
        namespaces=tuple(settings.namespaces(configuration.watched_namespace)),
        protection=Protection.of(configuration),
        controller_id=settings.controller_id,
        pod_labels=configuration.cluster_labels,
        name_label=configuration.cluster_name_label,
        role_label=configuration.pod_role_label,
        node_rule=NodeRule(configuration.node_readiness_label),
        sources=sources_of(configuration_settings(settings), configuration),
    )


def lease_name(controller_id: str) -> str:
    """One Lease per controller id: operators of different ids share a namespace in peace."""
    return f"{LEASE}-{controller_id.lower()}" if controller_id else LEASE
