-- What only the database postgres has: jobs, and the server's log as tables.
\set extension pg_auth_mon
\set schema public
\set preload pg_auth_mon
\ir extension.sql
\if :have_extension
GRANT SELECT ON public.pg_auth_mon TO robot_zmon;
\endif

\set extension pg_cron
\set schema pg_catalog
\set preload pg_cron
\ir extension.sql
\if :have_extension
\ir cron.sql
\endif

\set extension file_fdw
\set schema public
\set preload ''
\ir extension.sql
\if :have_extension
\ir server-log.sql
\endif
