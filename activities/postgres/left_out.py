"""Parameters of the manifest that Postgres does not run with, as Patroni has left them out.

It leaves out what it does not know, or can't make sense of, and says so in its log only.
"""

from typing import Final

from activities.postgres.connection import Connection
from workflows.model.postgresql import Postgresql

CONCERN: Final = "Parameters"
_QUERY: Final = """
    SELECT name, lower(name) IN (SELECT lower(name) FROM pg_settings) AS known
    FROM unnest(%s::text[]) AS asked (name)
    WHERE lower(name) NOT IN (SELECT lower(name) FROM pg_file_settings WHERE name IS NOT NULL)
    ORDER BY name
"""


def left_out(connection: Connection, cluster: Postgresql) -> list[str]:
    """A sentence for each. Those with a dot are an extension's, and taken as they are.

    True once Patroni has taken over what the manifest asks for. Values are not told: they may be
    commands with a password in them.
    """
    asked = [name for name in cluster.spec.postgresql.parameters if "." not in name]
    if not asked:
        return []
    found = connection.execute(_QUERY, [asked]).fetchall()
    return [_sentence(row["name"], known=row["known"]) for row in found]


def _sentence(name: str, *, known: bool) -> str:
    if not known:
        return f"{name}: this Postgres has no such parameter"
    return f"{name}: Patroni has left it out, as its value can't be, or as it is not to be set here"
