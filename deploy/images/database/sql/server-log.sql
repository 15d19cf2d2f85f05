-- The CSV logs of the week: public.postgres_log over all days, public.postgres_log_N for one, and
-- failed log-ins of a day as public.failed_authentication_N. Day 0 is the week's other Sunday.
SELECT count(*) = 0 AS no_server FROM pg_foreign_server WHERE srvname = 'pglog' \gset
\if :no_server
CREATE SERVER pglog FOREIGN DATA WRAPPER file_fdw;
\endif

CREATE TABLE IF NOT EXISTS public.postgres_log (
    log_time timestamp(3) with time zone,
    user_name text,
    database_name text,
    process_id integer,
    connection_from text,
    session_id text NOT NULL,
    session_line_num bigint NOT NULL,
    command_tag text,
    session_start_time timestamp with time zone,
    virtual_transaction_id text,
    transaction_id bigint,
    error_severity text,
    sql_state_code text,
    message text,
    detail text,
    hint text,
    internal_query text,
    internal_query_pos integer,
    context text,
    query text,
    query_pos integer,
    location text,
    application_name text,
    backend_type text,
    leader_pid integer,
    query_id bigint,
    CONSTRAINT postgres_log_check CHECK (false) NO INHERIT
);
GRANT SELECT ON public.postgres_log TO admin;

SELECT format('CREATE FOREIGN TABLE IF NOT EXISTS public.postgres_log_%s () INHERITS (public.postgres_log) '
              'SERVER pglog OPTIONS (filename %L, format ''csv'', header ''false'')',
              day, format('../pg_log/postgresql-%s.csv', day))
FROM generate_series(0, 7) AS day
\gexec
SELECT format('GRANT SELECT ON public.postgres_log_%s TO admin', day) FROM generate_series(0, 7) AS day
\gexec

SELECT format('CREATE OR REPLACE VIEW public.failed_authentication_%1$s WITH (security_barrier) AS '
              'SELECT * FROM public.postgres_log_%1$s '
              'WHERE command_tag = ''authentication'' AND error_severity = ''FATAL''; '
              'ALTER VIEW public.failed_authentication_%1$s OWNER TO %2$I; '
              'GRANT SELECT ON public.failed_authentication_%1$s TO robot_zmon', day, current_user)
FROM generate_series(0, 7) AS day
\gexec
