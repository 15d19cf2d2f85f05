"""Patroni's configuration: the image's own, overridden by the user's."""

import logging
from collections.abc import Mapping
from typing import Any

import yaml

from . import archive, dcs, hba, parameters, version
from .environment import BadEnvironment, Environment, Layout, is_on, number, with_port
from .facts import Facts

log = logging.getLogger("configure")
LATER = ("CLONE_METHOD", "STANDBY_HOST", "STANDBY_WALE_S3_PREFIX", "STANDBY_WALE_GS_PREFIX")
MAXIMUM_LAG = 32 * parameters.MEGABYTE


def configuration(
    environment: Environment, *, facts: Facts, layout: Layout, oauth: bool
) -> dict[str, Any]:
    """The whole of Patroni's configuration file."""
    _refuse_unknown_source(environment)
    user = user_configuration(environment)
    major = version.choose(environment, facts=facts, user=user)
    config = merge(_generated(environment, facts=facts, layout=layout, major=major), user)
    _finish(config, environment, facts=facts, major=major, oauth=oauth)
    return config


def user_configuration(environment: Environment) -> dict[str, Any]:
    """What the manifest brings, in the form of Patroni's own file."""
    text = environment.get("SPILO_CONFIGURATION", environment.get("PATRONI_CONFIGURATION", ""))
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadEnvironment(f"SPILO_CONFIGURATION is not YAML: {error}") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadEnvironment("SPILO_CONFIGURATION is not a dictionary")
    return found


def merge(own: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Dictionaries key by key; lists and scalars of `over` win, except nulls."""
    merged = dict(own)
    for key, value in over.items():
        current = merged.get(key)
        if isinstance(current, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(current, value)
        elif value is not None or key not in merged:
            merged[key] = value
    return merged


def _refuse_unknown_source(environment: Environment) -> None:
    """A cluster that should get its data elsewhere must not come up empty."""
    for name in LATER:
        if environment.get(name):
            raise BadEnvironment(f"{name} is set, but this image cannot do that yet")


def _generated(
    environment: Environment, *, facts: Facts, layout: Layout, major: int
) -> dict[str, Any]:
    scope = environment.get("SCOPE", "dummy")
    address = environment.get("POD_IP") or facts.address
    api_port = number(environment, "APIPORT", 8008)
    config: dict[str, Any] = {
        "scope": scope,
        "name": facts.hostname,
        "bootstrap": _bootstrap(environment, facts=facts),
        "restapi": {
            "listen": f":{api_port}",
            "connect_address": environment.get("RESTAPI_CONNECT_ADDRESS")
            or with_port(address, api_port),
            **_restapi_tls(environment, layout),
        },
        "postgresql": _postgresql(
            environment, facts=facts, layout=layout, major=major, address=address
        ),
        **dcs.section(environment),
    }
    namespace = environment.get("NAMESPACE", "")
    if namespace and dcs.uses_kubernetes(environment):
        config["kubernetes"]["namespace"] = namespace
    elif namespace:
        config["namespace"] = namespace
    return config


def _bootstrap(environment: Environment, *, facts: Facts) -> dict[str, Any]:
    people = environment.get("HUMAN_ROLE", "zalandos")
    return {
        "post_init": f'/scripts/post_init.sh "{people}"',
        "dcs": {
            "ttl": 30,
            "loop_wait": 10,
            "retry_timeout": 10,
            "maximum_lag_on_failover": MAXIMUM_LAG,
            "postgresql": {
                "use_pg_rewind": True,
                "use_slots": True,
                "parameters": parameters.shared(facts.memory),
            },
        },
        "initdb": [
            {"encoding": "UTF8"},
            {"locale": f"{environment.get('INITDB_LOCALE', 'en_US')}.UTF-8"},
            "data-checksums",
        ],
    }


def _postgresql(
    environment: Environment, *, facts: Facts, layout: Layout, major: int, address: str
) -> dict[str, Any]:
    port = number(environment, "PGPORT", 5432)
    replication_user = environment.get("PGUSER_STANDBY", "standby")
    scope = environment.get("SCOPE", "dummy")
    described = archive.description(environment, scope=scope, major=major)
    return {
        "name": facts.hostname,
        "listen": f"*:{port}",
        "connect_address": environment.get("PG_CONNECT_ADDRESS") or with_port(address, port),
        "data_dir": str(layout.data),
        "pgpass": str(layout.sockets / "pgpass"),
        "use_unix_socket": True,
        "use_unix_socket_repl": True,
        "parameters": parameters.local(
            environment,
            layout=layout,
            memory=facts.memory,
            kubernetes=dcs.in_kubernetes(environment),
            archiver=archive.command(described, layout),
        ),
        "authentication": {
            "superuser": {
                "username": environment.get("PGUSER_SUPERUSER", "postgres"),
                "password": environment.get("PGPASSWORD_SUPERUSER", "zalando"),
            },
            "replication": {
                "username": replication_user,
                "password": environment.get("PGPASSWORD_STANDBY", "standby"),
            },
        },
        "bin_name": {"pg_isready": "/scripts/pg_isready.sh"},
        "basebackup_fast_xlog": {"command": "/scripts/basebackup.sh", "retries": 2},
        "create_replica_methods": ["basebackup_fast_xlog"],
        "callbacks": _callbacks(environment, layout=layout, port=port),
    }


def _callbacks(environment: Environment, *, layout: Layout, port: int) -> dict[str, str]:
    people = environment.get("HUMAN_ROLE", "zalandos")
    superuser = environment.get("PGUSER_SUPERUSER", "postgres")
    connection = f"host={layout.sockets} port={port} user={superuser}"
    callbacks = {"on_role_change": f'/scripts/on_role_change.sh "{people}" "{connection}"'}
    script = environment.get("CALLBACK_SCRIPT", "")
    if dcs.in_kubernetes(environment) and not dcs.uses_kubernetes(environment):
        script = "/scripts/callback_role.py"
    if script:
        callbacks |= {"on_start": script, "on_stop": script}
        callbacks["on_role_change"] += f" {script}"
    return callbacks


def _restapi_tls(environment: Environment, layout: Layout) -> dict[str, str]:
    """Patroni's own certificates, only where some are given."""
    found: dict[str, str] = {}
    for name, key in (
        ("SSL_RESTAPI_CERTIFICATE", "certfile"),
        ("SSL_RESTAPI_PRIVATE_KEY", "keyfile"),
        ("SSL_RESTAPI_CA", "cafile"),
    ):
        if file := environment.get(f"{name}_FILE"):
            found[key] = file
        elif environment.get(name):
            found[key] = str(layout.certificates / f"restapi-{key}")
    return found if "certfile" in found else {}


def synced_at_once(options: Any, *, major: int) -> Any:
    """initdb's options, with one sync of the volume in place of one for each of 1000 files."""
    if major < 17 or not isinstance(options, list) or "sync-method" in _names(options):
        return options
    return [*options, {"sync-method": "syncfs"}]


def _names(options: list[Any]) -> set[str]:
    return {
        name for option in options for name in ([option] if isinstance(option, str) else option)
    }


def _finish(
    config: dict[str, Any], environment: Environment, *, facts: Facts, major: int, oauth: bool
) -> None:
    """What depends on the merged result: the server's folder, its libraries, its rules."""
    postgresql = config["postgresql"]
    postgresql["bin_dir"] = str(version.bin_dir(major))
    postgresql["basebackup_fast_xlog"].setdefault("bin_dir", postgresql["bin_dir"])
    config["bootstrap"]["initdb"] = synced_at_once(config["bootstrap"]["initdb"], major=major)
    settings = postgresql["parameters"]
    settings["shared_preload_libraries"] = parameters.preloaded(
        settings.get("shared_preload_libraries"),
        present=facts.libraries[major],
        monitor=is_on(environment, "ENABLE_PG_MON"),
    )
    replication_user = postgresql["authentication"]["replication"]["username"]
    pam = major in facts.pam_majors
    own = hba.default_rules(
        replication_user=replication_user,
        people=environment.get("HUMAN_ROLE", "zalandos"),
        pam=pam and oauth and bool(environment.get("PAM_OAUTH2", "").strip()),
        allow_plain=bool(environment.get("ALLOW_NOSSL")),
    )
    rules = hba.completed(
        postgresql.get("pg_hba") or config["bootstrap"].get("pg_hba") or own,
        replication_user=replication_user,
    )
    postgresql["pg_hba"] = rules if pam else hba.without_pam(rules)
