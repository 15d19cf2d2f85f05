"""Settings of a role, as `ALTER ROLE ... SET` takes them and pg_db_role_setting stores them.

A few settings are lists of identifiers, of which each must be quoted by itself: as one string,
`"$user", data` would name a single schema.
"""

import re
from collections.abc import Mapping, Sequence

from psycopg import sql

# the same list as in pg_dump, since the server does not tell
_LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    }
)
_ELEMENT = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^",]*?))\s*(?:,|$)')


def parsed(config: Sequence[str]) -> Mapping[str, str]:
    """`setconfig` as names in lower case to values."""
    pairs = (entry.partition("=") for entry in config)
    return {name.lower(): value for name, _, value in pairs}


def same_value(name: str, stored: str | None, wanted: str) -> bool:
    """Whether the stored value means the wanted one."""
    if stored is None:
        return False
    if name.lower() in _LISTS:
        return _elements(stored) == _elements(_unquoted(wanted, "'"))
    return stored == _unquoted(wanted, "'\"")


def name_of(name: str) -> sql.Composable:
    """A setting's name; a dot separates an extension's prefix and must stay outside quotes."""
    return sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))


def value_of(name: str, value: str) -> sql.Composable:
    """What stands after TO."""
    if name.lower() in _LISTS:
        elements = _elements(_unquoted(value, "'")) or [""]
        return sql.SQL(", ").join(sql.Literal(element) for element in elements)
    return sql.Literal(_unquoted(value, "'\""))


def as_written(stored: str) -> str:
    """A stored value as a configuration would have to write it, to mean exactly the same."""
    return f"'{stored}'"


def _unquoted(value: str, quotes: str) -> str:
    """Without a pair of quotes around it, which configurations need for values with commas."""
    text = value.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in quotes:
        return text[1:-1]
    return text


def _elements(text: str) -> list[str]:
    """Split a list of identifiers as the server does: outside quotes case is folded."""
    found: list[str] = []
    position = 0
    while position < len(text):
        element = _ELEMENT.match(text, position)
        if element is None:  # an unbalanced quote: leave it to the server to complain
            return [text]
        quoted, plain = element["quoted"], element["plain"]
        found.append(quoted.replace('""', '"') if quoted is not None else plain.lower())
        position = element.end()
    return found
