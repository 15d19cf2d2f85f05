"""What an operator did in a database server: roles, memberships, databases, privileges."""

import json
from collections.abc import Callable
from typing import Any

Sql = Callable[[str, str], str]
"""Run a statement in a database; what it prints."""

_ROLES = """
select rolname,
  array_remove(array[
    case when rolsuper then 'SUPERUSER' end, case when rolcreaterole then 'CREATEROLE' end,
    case when rolcreatedb then 'CREATEDB' end,
    case when rolcanlogin then 'LOGIN' else 'NOLOGIN' end,
    case when not rolinherit then 'NOINHERIT' end,
    case when rolreplication then 'REPLICATION' end,
    case when rolbypassrls then 'BYPASSRLS' end], null) as flags,
  left(rolpassword, 13) as password,
  (select array_agg(r.rolname::text || case when admin_option then ' WITH ADMIN' else '' end
                    order by r.rolname)
   from pg_auth_members m join pg_roles r on r.oid = m.roleid where m.member = a.oid) as member_of
from pg_authid a where rolname !~ '^pg_' order by 1
"""
_SETTINGS = """
select coalesce(rolname, '*') as role, coalesce(datname, '*') as database, setconfig
from pg_db_role_setting s
left join pg_roles r on r.oid = setrole left join pg_database d on d.oid = setdatabase
order by 1, 2
"""
_DATABASES = """
select datname, pg_get_userbyid(datdba) as owner,
  array(select x::text from unnest(datacl) x order by 1) as acl
from pg_database where datname !~ '^template' order by 1
"""
# of each database
_PARTS = {
    "schemas": """
select nspname as name, pg_get_userbyid(nspowner) as owner,
  array(select x::text from unnest(nspacl) x order by 1) as acl
from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1
""",
    "extensions": """
select extname as name, nspname as schema
from pg_extension e join pg_namespace n on n.oid = extnamespace order by 1
""",
    "defaultPrivileges": """
select pg_get_userbyid(defaclrole) as role, nspname as schema, defaclobjtype as type,
  array(select x::text from unnest(defaclacl) x order by 1) as acl
from pg_default_acl left join pg_namespace n on n.oid = defaclnamespace order by 1, 2, 3
""",
    "functions": """
select p.oid::regprocedure::text as name, prosecdef as definer,
  pg_get_userbyid(proowner) as owner,
  array(select x::text from unnest(proacl) x order by 1) as acl
from pg_proc p join pg_namespace n on n.oid = pronamespace
where nspname !~ '^pg_' and nspname <> 'information_schema'
  and not exists (select 1 from pg_depend where objid = p.oid and deptype = 'e')
order by 1
""",
    "publications": """
select pubname, pubinsert, pubupdate, pubdelete from pg_publication order by 1
""",
}


def capture(sql: Sql) -> dict[str, Any]:
    databases = {}
    for database in _rows(sql, "postgres", _DATABASES):
        name = database.pop("datname")
        parts = {part: _rows(sql, name, query) for part, query in _PARTS.items()}
        owners = (database, *parts["schemas"], *parts["functions"])
        for item in owners:
            if not item.get("acl"):
                item.pop("acl", None)
        databases[name] = {k: v for k, v in {**database, **parts}.items() if v}
    roles = _rows(sql, "postgres", _ROLES)
    return {
        "roles": {role.pop("rolname"): {k: v for k, v in role.items() if v} for role in roles},
        "settings": _rows(sql, "postgres", _SETTINGS),
        "databases": databases,
    }


def _rows(sql: Sql, database: str, query: str) -> list[dict[str, Any]]:
    whole = f"select coalesce(json_agg(row_to_json(t)), '[]') from ({query}) t"
    return list(json.loads(sql(database, whole) or "[]"))
