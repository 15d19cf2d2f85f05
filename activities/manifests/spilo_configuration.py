"""`SPILO_CONFIGURATION`: what Spilo merges into Patroni's configuration.

Part `bootstrap` is read once, when the cluster is initialised; part `postgresql` at every start of
a pod. The text is byte for byte the one Zalando's operator writes, Go's JSON escapes included:
it is part of the pod template, and another text would restart the pods of an adopted cluster.
"""

import json
import struct
from typing import Any

from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql
from workflows.model.postgresql.sections import Patroni

Json = dict[str, Any]

LOCAL_PARAMETERS = frozenset(
    {
        "archive_command",
        "shared_buffers",
        "logging_collector",
        "log_destination",
        "log_directory",
        "log_filename",
        "log_file_mode",
        "log_rotation_age",
        "log_truncate_on_rotation",
        "ssl",
        "ssl_ca_file",
        "ssl_crl_file",
        "ssl_cert_file",
        "ssl_key_file",
        "shared_preload_libraries",
        "bg_mon.listen_address",
        "bg_mon.history_buckets",
        "pg_stat_statements.track_utility",
        "extwlist.extensions",
        "extwlist.custom_path",
    }
)
"""Parameters that each member takes from its environment; all others live in Patroni's DCS."""

_INITDB_FLAGS = frozenset(
    {"data-checksums", "debug", "no-locale", "noclean", "nosync", "sync-only"}
)


def text(cluster: Postgresql, configuration: Configuration) -> str:
    patroni = cluster.spec.patroni
    return compact_json(
        {
            "postgresql": _local(cluster, configuration, patroni),
            "bootstrap": {
                "initdb": _initdb(patroni.initdb),
                "dcs": _dcs(cluster, configuration, patroni),
            },
        }
    )


def compact_json(value: Any) -> str:
    """As Go writes it: no spaces, no ASCII escapes, but those that make JSON safe inside HTML."""
    encoded = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return encoded


def local_parameters(parameters: dict[str, str]) -> dict[str, str]:
    return {key: parameters[key] for key in sorted(parameters) if key in LOCAL_PARAMETERS}


def dcs_parameters(parameters: dict[str, str]) -> dict[str, str]:
    return {key: parameters[key] for key in sorted(parameters) if key not in LOCAL_PARAMETERS}


def _local(cluster: Postgresql, configuration: Configuration, patroni: Patroni) -> Json:
    """Keys in alphabetical order."""
    postgresql = cluster.spec.postgresql
    local: Json = {}
    if not configuration.enable_pgversion_env_var:
        local["bin_dir"] = f"/usr/lib/postgresql/{postgresql.version}/bin"
    if parameters := local_parameters(postgresql.parameters):
        local["parameters"] = parameters
    if patroni.pg_hba:
        local["pg_hba"] = patroni.pg_hba
    return local


def _initdb(options: dict[str, str]) -> list[str | dict[str, str]]:
    """Two fixed items come first; an option of the manifest replaces its equal where it stands."""
    fixed = {"auth-host": "scram-sha-256", "auth-local": "trust"}
    items: list[str | dict[str, str]] = [
        {name: options.get(name, value)} for name, value in fixed.items()
    ]
    for name in sorted(options.keys() - fixed.keys()):
        flag = name in _INITDB_FLAGS and options[name] == "true"
        items.append(name if flag else {name: options[name]})
    return items


def _dcs(cluster: Postgresql, configuration: Configuration, patroni: Patroni) -> Json:
    """Zero, false and empty are left to Patroni's defaults, except for the fail-safe mode."""
    lag = patroni.maximum_lag_on_failover
    parameters = dcs_parameters(cluster.spec.postgresql.parameters)
    dcs: Json = {
        "ttl": patroni.ttl,
        "loop_wait": patroni.loop_wait,
        "retry_timeout": patroni.retry_timeout,
        "maximum_lag_on_failover": single_precision(lag) if lag else None,
        "synchronous_mode": patroni.synchronous_mode,
        "synchronous_mode_strict": patroni.synchronous_mode_strict,
        "synchronous_node_count": patroni.synchronous_node_count,
        "postgresql": {"parameters": parameters} if parameters else None,
        "slots": {name: _sorted(slot) for name, slot in _sorted(patroni.slots).items()},
    }
    failsafe = patroni.failsafe_mode
    if failsafe is None:
        failsafe = configuration.enable_patroni_failsafe_mode
    return {key: value for key, value in dcs.items() if value} | {"failsafe_mode": bool(failsafe)}


def _sorted(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: mapping[key] for key in sorted(mapping)}


def single_precision(number: int) -> int:
    """A whole number after a passage through a 32-bit float, written with as few digits as do.

    Zalando's operator sends the lag through one: 50000001 becomes 50000000 in new clusters.
    """
    target = struct.unpack("f", struct.pack("f", number))[0]
    for digits in range(1, 10):
        shortest = float(f"{target:.{digits}g}")
        if struct.unpack("f", struct.pack("f", shortest))[0] == target:
            return int(shortest)
    return int(target)
