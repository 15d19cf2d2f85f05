-- Figures for monitoring that need a superuser's sight, for admins and the monitoring role.
CREATE SCHEMA IF NOT EXISTS metric_helpers;
GRANT USAGE ON SCHEMA metric_helpers TO admin, robot_zmon;

-- Tables: pages in use against the pages that the rows of the last ANALYZE would fill. A row is its
-- header with the null bitmap, the columns at their average width, and a line pointer.
CREATE OR REPLACE FUNCTION metric_helpers.get_table_bloat_approx(
    OUT t_database name, OUT t_schema_name name, OUT t_table_name name,
    OUT t_real_size numeric, OUT t_extra_size double precision, OUT t_extra_ratio double precision,
    OUT t_fill_factor integer, OUT t_bloat_size double precision,
    OUT t_bloat_ratio double precision, OUT t_is_na boolean
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
WITH block AS (
    SELECT current_setting('block_size')::double precision AS size
), measured AS (
    SELECT c.oid, n.nspname, c.relname, c.relpages, c.reltuples,
           coalesce(toast.relpages, 0) AS toast_pages,
           coalesce((SELECT option_value::integer FROM pg_options_to_table(c.reloptions)
                     WHERE option_name = 'fillfactor'), 100) AS fill_factor,
           count(a.attname) AS columns,
           count(s.attname) AS known,
           coalesce(sum((1 - s.null_frac) * s.avg_width), 0) AS width,
           coalesce(bool_or(s.null_frac > 0), false) AS nulls
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = c.relname
                           AND s.attname = a.attname AND NOT s.inherited
    LEFT JOIN pg_class AS toast ON toast.oid = c.reltoastrelid
    WHERE c.relkind IN ('r', 'm')
    GROUP BY c.oid, n.nspname, c.relname, c.relpages, c.reltuples, toast.relpages, c.reloptions
), row_size AS (
    SELECT measured.*,
           ceil((23 + CASE WHEN nulls THEN (columns + 7) / 8 ELSE 0 END) / 8.0) * 8
               + ceil(width / 8.0) * 8 + 4 AS bytes
    FROM measured
), pages AS (
    SELECT row_size.*, block.size AS block_size,
           (relpages + toast_pages) * block.size AS real_size,
           ceil(greatest(reltuples, 0) * bytes / (block.size - 24)) AS full_pages,
           ceil(greatest(reltuples, 0) * bytes / ((block.size - 24) * fill_factor / 100)) AS meant_pages
    FROM row_size CROSS JOIN block
), sizes AS (
    SELECT pages.*,
           greatest(relpages - full_pages, 0) * block_size AS extra,
           greatest(relpages - meant_pages, 0) * block_size AS bloat
    FROM pages
)
SELECT current_database(), nspname, relname, real_size::numeric, extra,
       CASE WHEN real_size > 0 THEN 100 * extra / real_size ELSE 0 END,
       fill_factor, bloat,
       CASE WHEN real_size > 0 THEN 100 * bloat / real_size ELSE 0 END,
       known < columns OR reltuples < 0
FROM sizes
$function$;

CREATE OR REPLACE VIEW metric_helpers.table_bloat AS
SELECT * FROM metric_helpers.get_table_bloat_approx();

-- B-tree indexes: the same, with an entry's header of 8 bytes and a page's special space of 16.
CREATE OR REPLACE FUNCTION metric_helpers.get_btree_bloat_approx(
    OUT i_database name, OUT i_schema_name name, OUT i_table_name name, OUT i_index_name name,
    OUT i_real_size numeric, OUT i_extra_size numeric, OUT i_extra_ratio double precision,
    OUT i_fill_factor integer, OUT i_bloat_size double precision,
    OUT i_bloat_ratio double precision, OUT i_is_na boolean
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
WITH block AS (
    SELECT current_setting('block_size')::double precision AS size
), keys AS (
    -- Statistics of a column are the table's, those of an expression the index's own.
    SELECT i.indexrelid, i.indrelid, a.attname,
           CASE WHEN i.indkey[a.attnum - 1] = 0 THEN index.relname ELSE heap.relname END AS stats_of,
           CASE WHEN i.indkey[a.attnum - 1] = 0 THEN a.attname
                ELSE (SELECT column_.attname FROM pg_attribute AS column_
                      WHERE column_.attrelid = i.indrelid
                        AND column_.attnum = i.indkey[a.attnum - 1]) END AS stats_column,
           n.nspname, heap.relname AS table_name, index.relname AS index_name,
           index.relpages, index.reltuples, index.reloptions
    FROM pg_index AS i
    JOIN pg_class AS index ON index.oid = i.indexrelid AND index.relkind = 'i'
    JOIN pg_am AS am ON am.oid = index.relam AND am.amname = 'btree'
    JOIN pg_class AS heap ON heap.oid = i.indrelid
    JOIN pg_namespace AS n ON n.oid = heap.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = i.indexrelid
), measured AS (
    SELECT keys.indexrelid, keys.nspname, keys.table_name, keys.index_name, relpages, reltuples,
           coalesce((SELECT option_value::integer FROM pg_options_to_table(keys.reloptions)
                     WHERE option_name = 'fillfactor'), 90) AS fill_factor,
           count(*) AS columns, count(s.attname) AS known,
           coalesce(sum((1 - s.null_frac) * s.avg_width), 0) AS width
    FROM keys
    LEFT JOIN pg_stats AS s ON s.schemaname = keys.nspname AND s.tablename = keys.stats_of
                           AND s.attname = keys.stats_column AND NOT s.inherited
    GROUP BY keys.indexrelid, keys.nspname, keys.table_name, keys.index_name, relpages, reltuples,
             keys.reloptions
), pages AS (
    SELECT measured.*, block.size AS block_size, relpages * block.size AS real_size,
           1 + ceil(greatest(reltuples, 0) * (8 + ceil(width / 8.0) * 8 + 4) / (block.size - 40))
               AS full_pages,
           1 + ceil(greatest(reltuples, 0) * (8 + ceil(width / 8.0) * 8 + 4)
                    / ((block.size - 40) * fill_factor / 100)) AS meant_pages
    FROM measured CROSS JOIN block
), sizes AS (
    SELECT pages.*,
           greatest(relpages - full_pages, 0) * block_size AS extra,
           greatest(relpages - meant_pages, 0) * block_size AS bloat
    FROM pages
)
SELECT current_database(), nspname, table_name, index_name, real_size::numeric, extra::numeric,
       CASE WHEN real_size > 0 THEN 100 * extra / real_size ELSE 0 END,
       fill_factor, bloat,
       CASE WHEN real_size > 0 THEN 100 * bloat / real_size ELSE 0 END,
       known < columns OR reltuples < 0
FROM sizes
$function$;

CREATE OR REPLACE VIEW metric_helpers.index_bloat AS
SELECT * FROM metric_helpers.get_btree_bloat_approx();

CREATE OR REPLACE FUNCTION metric_helpers.get_nearly_exhausted_sequences(
    IN threshold double precision,
    OUT schemaname name, OUT sequencename name, OUT seq_percent_used numeric
) RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
WITH used AS (
    SELECT s.schemaname, s.sequencename,
           CASE WHEN s.increment_by > 0
                THEN (s.last_value::numeric - s.min_value) / (s.max_value::numeric - s.min_value)
                ELSE (s.max_value::numeric - s.last_value) / (s.max_value::numeric - s.min_value)
           END AS share
    FROM pg_sequences AS s
    WHERE NOT s.cycle AND s.last_value IS NOT NULL AND s.max_value > s.min_value
)
SELECT used.schemaname, used.sequencename, round(100 * share, 2) FROM used WHERE share > threshold
$function$;

CREATE OR REPLACE VIEW metric_helpers.nearly_exhausted_sequences AS
SELECT * FROM metric_helpers.get_nearly_exhausted_sequences(0.8);

\if :have_statements
CREATE OR REPLACE FUNCTION metric_helpers.pg_stat_statements(showtext boolean)
RETURNS SETOF public.pg_stat_statements
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT * FROM public.pg_stat_statements(showtext)
$function$;

CREATE OR REPLACE VIEW metric_helpers.pg_stat_statements AS
SELECT * FROM metric_helpers.pg_stat_statements(true);
\endif

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA metric_helpers FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA metric_helpers TO admin, robot_zmon;
GRANT SELECT ON ALL TABLES IN SCHEMA metric_helpers TO admin, robot_zmon;
