"""A Patroni cluster as far as an operator can see it: REST API, members, a leader.

Writing calls are kept in `Cluster.requests`, because they are part of a capture.
"""

import copy
import http.server
import json
import threading
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

PORT = 8008

# What Spilo puts into the dynamic configuration by itself; its loop_wait is 10, here 1 saves time.
SPILO_CONFIGURATION: Json = {
    "loop_wait": 1,
    "maximum_lag_on_failover": 33554432,
    "retry_timeout": 10,
    "ttl": 30,
    "postgresql": {
        "use_pg_rewind": True,
        "use_slots": True,
        "parameters": {
            "archive_mode": "on",
            "archive_timeout": "1800s",
            "autovacuum_analyze_scale_factor": 0.02,
            "autovacuum_max_workers": 5,
            "autovacuum_vacuum_scale_factor": 0.05,
            "checkpoint_completion_target": 0.9,
            "hot_standby": "on",
            "log_autovacuum_min_duration": 0,
            "log_checkpoints": "on",
            "log_connections": "on",
            "log_disconnections": "on",
            "log_line_prefix": "%t [%p]: [%l-1] %c %x %d %u %a %h ",
            "log_lock_waits": "on",
            "log_min_duration_statement": 500,
            "log_statement": "ddl",
            "log_temp_files": 0,
            "max_connections": "100",
            "max_replication_slots": 10,
            "max_wal_senders": 10,
            "tcp_keepalives_idle": 900,
            "tcp_keepalives_interval": 100,
            "track_functions": "all",
            "wal_compression": "on",
            "wal_level": "hot_standby",
            "wal_log_hints": "on",
        },
    },
}
_NEEDS_RESTART = {
    "archive_mode",
    "hot_standby",
    "huge_pages",
    "max_connections",
    "max_locks_per_transaction",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
    "superuser_reserved_connections",
    "track_commit_timestamp",
    "wal_buffers",
    "wal_level",
    "wal_log_hints",
}


class Cluster:
    """State shared by the members' REST servers. `moved` is called when the leader changes."""

    def __init__(self, namespace: str, name: str, env: dict[str, str]) -> None:
        self.namespace, self.name = namespace, name
        self.role_label = env.get("KUBERNETES_ROLE_LABEL", "spilo-role")
        scope_label = env.get("KUBERNETES_SCOPE_LABEL", "cluster-name")
        self.labels = {**json.loads(env.get("KUBERNETES_LABELS", "{}")), scope_label: name}
        self.config_maps = env.get("KUBERNETES_USE_CONFIGMAPS") == "true"
        self.etcd = "ETCD_HOST" in env
        self.superuser = env.get("PGUSER_SUPERUSER", "postgres")
        spilo = json.loads(env.get("SPILO_CONFIGURATION") or "{}")
        self.config = copy.deepcopy(SPILO_CONFIGURATION)
        _merge(self.config, _without_nulls(spilo.get("bootstrap", {}).get("dcs", {})))
        self.members: dict[str, str] = {}
        self.pending: set[str] = set()
        self.leader: str | None = None
        self.requests: list[Json] = []
        self.database: str | None = None
        self.moved: Callable[[str | None, str], None] = lambda old, new: None
        self._lock = threading.Lock()

    def role(self, member: str) -> str:
        return "master" if member == self.leader else "replica"

    def patch(self, change: Json) -> None:
        with self._lock:
            before = self._parameters()
            _merge(self.config, change)
            after = self._parameters()
            if any(str(before.get(name)) != str(after.get(name)) for name in _NEEDS_RESTART):
                self.pending = set(self.members)

    def lead(self, member: str) -> None:
        old, self.leader = self.leader, member
        self.moved(old, member)

    def view(self) -> list[Json]:
        """`members` of `GET /cluster`."""
        return [self._member(name, address) for name, address in sorted(self.members.items())]

    def _member(self, name: str, address: str) -> Json:
        leader = name == self.leader
        seen: Json = {
            "name": name,
            "role": self._role_in_view(leader),
            "state": "running" if leader else "streaming",
            "api_url": f"http://{address}:{PORT}/patroni",
            "host": address,
            "port": 5432,
            "timeline": 1,
        }
        return seen if leader else {**seen, "lag": 0}

    def _role_in_view(self, leader: bool) -> str:
        if leader:
            return "standby_leader" if self.config.get("standby_cluster") else "leader"
        return "sync_standby" if self.config.get("synchronous_mode") else "replica"

    def _parameters(self) -> Json:
        return dict(self.config.get("postgresql", {}).get("parameters", {}))


class Member(http.server.ThreadingHTTPServer):
    """The REST server of one pod."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, cluster: Cluster, pod: str, address: str) -> None:
        super().__init__((address, PORT), _Requests)
        self.cluster, self.pod = cluster, pod
        serve = threading.Thread(target=self.serve_forever, args=(0.2,), daemon=True)
        serve.start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are nobody's fault."""


class _Requests(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Member

    def do_GET(self) -> None:
        cluster = self.server.cluster
        where = self.path.rstrip("/") or "/"
        answers: dict[str, Any] = {
            "/config": cluster.config,
            "/cluster": {"members": cluster.view(), "scope": cluster.name},
            "/history": [],
        }
        if where in answers:
            self._answer(200, answers[where])
        else:
            self._answer(200 if self._passes(where) else 503, self._state())

    do_HEAD = do_OPTIONS = do_GET

    def do_POST(self) -> None:
        cluster, where = self.server.cluster, self.path.rstrip("/")
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw.strip() else None
        kept: Json = {"method": self.command, "path": where, "body": body}
        cluster.requests.append(kept if where == "/config" else {**kept, "member": self.server.pod})
        if where == "/config":
            self._configure(body or {})
        elif where == "/restart":
            cluster.pending.discard(self.server.pod)
            self._answer(200, "restarted successfully")
        elif where in ("/switchover", "/failover"):
            self._switch(body or {})
        else:
            self._answer(200, {})

    do_PATCH = do_PUT = do_DELETE = do_POST

    def _configure(self, body: Json) -> None:
        cluster = self.server.cluster
        if self.command == "PATCH":
            cluster.patch(body)
        elif self.command == "PUT":
            cluster.config = _without_nulls(body)
        self._answer(200, cluster.config)

    def _switch(self, body: Json) -> None:
        cluster = self.server.cluster
        target = body.get("candidate") or body.get("member") or ""
        if body.get("scheduled_at"):
            self._answer(202, "Switchover scheduled")
        elif target not in cluster.members:
            self._answer(412, "candidate name does not match with any cluster members")
        else:
            cluster.lead(target)
            self._answer(200, f'Successfully switched over to "{target}"')

    def _passes(self, check: str) -> bool:
        leader = self.server.pod == self.server.cluster.leader
        if check in ("/master", "/primary", "/leader", "/read-write"):
            return leader
        return not leader if check == "/replica" else True

    def _state(self) -> Json:
        cluster, pod = self.server.cluster, self.server.pod
        pending = {"pending_restart": True} if pod in cluster.pending else {}
        return {
            "state": "running",
            "postmaster_start_time": "2020-01-01 00:00:00.000000+00:00",
            "role": "primary" if pod == cluster.leader else "replica",
            "server_version": 180000,
            "timeline": 1,
            "cluster_unlocked": False,
            "xlog": {"location": 67108960},
            "patroni": {"version": "4.1.0", "scope": cluster.name, "name": pod},
            **pending,
        }

    def _answer(self, status: int, body: Any) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests that matter are kept in the cluster."""


def _merge(base: Json, change: Json) -> None:
    """Patroni's rule for PATCH: null removes, objects are merged."""
    for key, value in change.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None}
