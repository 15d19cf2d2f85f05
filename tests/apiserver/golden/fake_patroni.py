"""A Patroni cluster as far as an operator can see it: REST API, members, a leader.

Writing calls are kept in `Cluster.requests`, because they are part of a capture.
"""

import copy
import http.server
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
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
NEEDS_RESTART = {
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
        merge(self.config, _without_nulls(spilo.get("bootstrap", {}).get("dcs", {})))
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
            before = self.parameters()
            merge(self.config, change)
            after = self.parameters()
            if any(str(before.get(name)) != str(after.get(name)) for name in NEEDS_RESTART):
                self.pending = set(self.members)

    def lead(self, member: str) -> None:
        old, self.leader = self.leader, member
        self.moved(old, member)

    def known_to(self, pod: str) -> Json:
        """The configuration as a member has read it."""
        return self.config

    def overview(self, pod: str) -> Json:
        """The answer of a member to `GET /cluster`."""
        members = [self.member(name, address) for name, address in sorted(self.members.items())]
        return {"members": members, "scope": self.name}

    def member(self, name: str, address: str) -> Json:
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

    def parameters(self) -> Json:
        return dict(self.config.get("postgresql", {}).get("parameters", {}))

    def restart(self, pod: str) -> tuple[int, str]:
        """Status and text of the answer to `POST /restart`."""
        self.pending.discard(pod)
        return 200, "restarted successfully"

    def state(self, pod: str) -> Json:
        """What a member says of itself."""
        pending = {"pending_restart": True} if pod in self.pending else {}
        return {
            "state": "running",
            "postmaster_start_time": "2020-01-01 00:00:00.000000+00:00",
            "role": "primary" if pod == self.leader else "replica",
            "server_version": 180000,
            "timeline": 1,
            "cluster_unlocked": False,
            "xlog": {"location": 67108960},
            "patroni": {"version": "4.1.0", "scope": self.name, "name": pod},
            **pending,
        }


@dataclass(frozen=True)
class Member:
    """Patroni in one pod."""

    cluster: Cluster
    pod: str


class Members(http.server.ThreadingHTTPServer):
    """The REST server of all pods: the address that was asked tells which one is meant."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, *, port: int = PORT) -> None:
        super().__init__(("", port), _Requests)
        self.at: dict[str, Member] = {}
        """By address. Of one that is not here any more connections are closed unanswered."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are nobody's fault."""


class _Requests(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Members

    def parse_request(self) -> bool:
        """Who is asked is looked up for each request, as the pod may be gone by now."""
        member = self.server.at.get(self.connection.getsockname()[0])
        if member is None:
            raise ConnectionAbortedError
        self.member = member
        return super().parse_request()

    def do_GET(self) -> None:
        cluster = self.member.cluster
        where = self.path.rstrip("/") or "/"
        answers: dict[str, Any] = {
            "/config": cluster.known_to(self.member.pod),
            "/cluster": cluster.overview(self.member.pod),
            "/history": [],
        }
        if where in answers:
            self._answer(200, answers[where])
        else:
            self._answer(200 if self._passes(where) else 503, cluster.state(self.member.pod))

    do_HEAD = do_OPTIONS = do_GET

    def do_POST(self) -> None:
        cluster, where = self.member.cluster, self.path.rstrip("/")
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(raw) if raw.strip() else None
        kept: Json = {"method": self.command, "path": where, "body": body}
        cluster.requests.append(kept if where == "/config" else {**kept, "member": self.member.pod})
        if where == "/config":
            self._configure(body or {})
        elif where == "/restart":
            self._answer(*cluster.restart(self.member.pod))
        elif where in ("/switchover", "/failover"):
            self._switch(body or {})
        else:
            self._answer(200, {})

    do_PATCH = do_PUT = do_DELETE = do_POST

    def _configure(self, body: Json) -> None:
        cluster = self.member.cluster
        if self.command == "PATCH":
            cluster.patch(body)
        elif self.command == "PUT":
            cluster.config = _without_nulls(body)
        self._answer(200, cluster.config)

    def _switch(self, body: Json) -> None:
        cluster = self.member.cluster
        target = body.get("candidate") or body.get("member") or ""
        if body.get("scheduled_at"):
            self._answer(202, "Switchover scheduled")
        elif target not in cluster.members:
            self._answer(412, "candidate name does not match with any cluster members")
        else:
            cluster.lead(target)
            self._answer(200, f'Successfully switched over to "{target}"')

    def _passes(self, check: str) -> bool:
        leader = self.member.pod == self.member.cluster.leader
        if check in ("/master", "/primary", "/leader", "/read-write"):
            return leader
        return not leader if check == "/replica" else True

    def _answer(self, status: int, body: Any) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests that matter are kept in the cluster."""


def merge(base: Json, change: Json) -> None:
    """Patroni's rule for PATCH: null removes, objects are merged."""
    for key, value in change.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None}
