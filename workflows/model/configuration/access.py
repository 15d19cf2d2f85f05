"""Parameters of teams, the operator's own API, Scalyr, connection poolers and Patroni."""

from workflows.model.configuration.parameter import choice, cpu, memory, parameter
from workflows.model.configuration.section import Section
from workflows.model.fields import at_least

POOLER_IMAGE = "ghcr.io/zalando/postgres-operator/pgbouncer:v2.0.1"


class Debug(Section):
    """Section `debug`."""

    debug_logging: bool = parameter("The operator logs details", everywhere=True)
    enable_database_access: bool = parameter(
        "False: the operator makes no roles and databases; flag `-nodatabaseaccess` forces that",
        everywhere=True,
    )


class TeamsApi(Section):
    """Section `teams_api`."""

    enable_admin_role_for_users: bool = parameter(
        "Roles of manifests are administered by `team_admin_role`", schema=True, config_map=True
    )
    enable_postgres_team_crd: bool = parameter("`PostgresTeam` objects are used", schema=True)
    enable_postgres_team_crd_superusers: bool = parameter(
        "Their `additionalSuperuserTeams` are used, too"
    )
    enable_team_member_deprecation: bool = parameter(
        "Roles of people who left are renamed and may not log in"
    )
    enable_team_superuser: bool = parameter("Members of the owning team are superusers")
    enable_teams_api: bool = parameter(
        "Members are asked of the Teams API; flag `-noteamsapi` forces false", config_map=True
    )
    pam_configuration: str = parameter(
        "How PAM checks a person's token",
        everywhere="https://info.example.com/oauth2/tokeninfo?access_token= uid realm=/employees",
    )
    pam_role_name: str = parameter("Group of all people's roles", everywhere="zalandos")
    postgres_superuser_teams: list[str] = parameter("Teams that are superusers in all clusters")
    protected_role_names: list[str] = parameter(
        "Names that no manifest, team or infrastructure role may have",
        everywhere=["admin", "cron_admin"],
    )
    role_deletion_suffix: str = parameter(
        "What is appended to the roles of people who left", everywhere="_deleted"
    )
    team_admin_role: str = parameter(
        "Group of team members who are no superusers", schema="admin", config_map="admin"
    )
    team_api_role_configuration: dict[str, str] = parameter(
        "Settings of team members' roles", everywhere={"log_statement": "all"}
    )
    teams_api_url: str = parameter(
        "Address of the Teams API", everywhere="https://teams.example.com/api/"
    )


class LoggingRestApi(Section):
    """Section `logging_rest_api`."""

    api_port: int = parameter(
        "Port of the operator's REST API", everywhere=8080, integer_format=None
    )
    cluster_history_entries: int = parameter(
        "Changes of each cluster that are remembered", everywhere=1000, integer_format=None
    )
    ring_log_lines: int = parameter(
        "Log lines of each cluster that are remembered", everywhere=100, integer_format=None
    )


class Scalyr(Section):
    """Section `scalyr` (deprecated)."""

    scalyr_api_key: str = parameter(
        "Key; with an image, every pod gets the sidecar; environment `SCALYR_API_KEY` wins",
        secret=True,
    )
    scalyr_cpu_limit: str = cpu("CPU limit of the sidecar", default="1")
    scalyr_cpu_request: str = cpu("CPU request of the sidecar", default="100m")
    scalyr_image: str = parameter("Image of the sidecar")
    scalyr_memory_limit: str = memory("Memory limit of the sidecar", default="500Mi")
    scalyr_memory_request: str = memory("Memory request of the sidecar", default="50Mi")
    scalyr_server_url: str = parameter(
        "Server the logs go to",
        schema="https://upload.eu.scalyr.com",
        config_map="https://upload.eu.scalyr.com",
    )


class ConnectionPooler(Section):
    """Section `connection_pooler`."""

    connection_pooler_default_cpu_limit: str = cpu("CPU limit of a pooler without its own")
    connection_pooler_default_cpu_request: str = cpu("CPU request of a pooler without its own")
    connection_pooler_default_memory_limit: str = memory("Memory limit of a pooler, likewise")
    connection_pooler_default_memory_request: str = memory("Memory request of a pooler, likewise")
    connection_pooler_image: str = parameter("Pooler image", everywhere=POOLER_IMAGE)
    connection_pooler_max_db_connections: int = parameter(
        "Server connections of all pods of a pooler together",
        fallback=60,
        config_map=60,
        zero_stands=True,
    )
    connection_pooler_mode: str = choice(
        "When a server connection is given back",
        ("session", "transaction"),
        default="transaction",
    )
    connection_pooler_number_of_instances: int = parameter(
        "Pods of a pooler; in the object form at least 2",
        everywhere=2,
        accepts=at_least(1),
        accepts_text=at_least(1),
    )
    connection_pooler_schema: str = parameter("Schema of the lookup function", everywhere="pooler")
    connection_pooler_user: str = parameter(
        "Role of the pooler; must not be the superuser", everywhere="pooler"
    )


class Patroni(Section):
    """Section `patroni`."""

    enable_patroni_failsafe_mode: bool = parameter(
        "Patroni's failsafe mode, unless the cluster says", fallback=False
    )
