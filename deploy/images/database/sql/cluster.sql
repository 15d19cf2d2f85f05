-- The cluster's roles, the database postgres, and then a connection string for every database.
\o /dev/null
\set ON_ERROR_STOP on
\ir roles.sql
\set ON_ERROR_STOP off
\ir postgres.sql
\o
SELECT format('dbname=%L', datname) FROM pg_database WHERE datallowconn ORDER BY datname;
