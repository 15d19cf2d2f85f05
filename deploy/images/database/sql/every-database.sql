-- What every database has, template1 and so all new ones too.
\o /dev/null
\ir user-management.sql

-- Monitoring's view of the statements is in the way of an update of what it looks at.
SELECT count(*) > 0 AS outdated FROM pg_available_extensions
WHERE name = 'pg_stat_statements' AND installed_version <> default_version
\gset
\if :outdated
DROP FUNCTION IF EXISTS metric_helpers.pg_stat_statements(boolean) CASCADE;
\endif

\set schema public
\set extension pg_stat_statements
\set preload pg_stat_statements
\ir extension.sql
\set have_statements :have_extension

\set extension pg_stat_kcache
\set preload pg_stat_kcache
\ir extension.sql
\if :have_extension
GRANT SELECT ON public.pg_stat_kcache, public.pg_stat_kcache_detail TO admin;
\endif

\set extension set_user
\set preload set_user
\ir extension.sql
\if :have_extension
GRANT EXECUTE ON FUNCTION public.set_user(text) TO admin;
\endif

GRANT EXECUTE ON FUNCTION pg_switch_wal() TO admin;

\ir metric-helpers.sql
