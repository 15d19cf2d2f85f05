-- Functions with which admins, who are no superusers, look after the users of a cluster.
CREATE SCHEMA IF NOT EXISTS user_management;
GRANT USAGE ON SCHEMA user_management TO admin;

-- Those who administer users must not be able to touch the users above them.
CREATE OR REPLACE FUNCTION user_management.assert_ordinary(name text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = name AND (rolsuper OR rolreplication)) THEN
        RAISE EXCEPTION 'role % is not to be changed here', name;
    END IF;
END
$function$;

CREATE OR REPLACE FUNCTION user_management.random_password(length integer)
RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $function$
    -- 122 random bits in every UUID, spelt in base64 without the signs that need quoting.
    SELECT left(string_agg(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/=', ''), ''), length)
    FROM generate_series(1, length / 16 + 1)
$function$;

CREATE OR REPLACE FUNCTION user_management.create_application_user(username text)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET log_statement = 'none'
AS $function$
DECLARE
    password text := user_management.random_password(20);
BEGIN
    EXECUTE format('CREATE USER %I WITH PASSWORD %L', username, password);
    RETURN password;
END
$function$;

CREATE OR REPLACE FUNCTION user_management.create_application_user_or_change_password(username text, password text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET log_statement = 'none'
AS $function$
BEGIN
    PERFORM user_management.assert_ordinary(username);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = username) THEN
        EXECUTE format('ALTER USER %I WITH PASSWORD %L', username, password);
    ELSE
        EXECUTE format('CREATE USER %I WITH PASSWORD %L', username, password);
    END IF;
END
$function$;

SELECT format($create$
CREATE OR REPLACE FUNCTION user_management.create_user(username text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    EXECUTE format('CREATE USER %%I IN ROLE %%I, admin', username, %L);
    EXECUTE format('ALTER ROLE %%I SET log_statement TO ''all''', username);
END
$function$
$create$, :'people')
\gexec

CREATE OR REPLACE FUNCTION user_management.create_role(rolename text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    EXECUTE format('CREATE ROLE %I WITH ADMIN admin', rolename);
END
$function$;

CREATE OR REPLACE FUNCTION user_management.revoke_admin(username text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    EXECUTE format('REVOKE admin FROM %I', username);
END
$function$;

CREATE OR REPLACE FUNCTION user_management.drop_user(username text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM user_management.assert_ordinary(username);
    EXECUTE format('DROP ROLE %I', username);
END
$function$;

CREATE OR REPLACE FUNCTION user_management.drop_role(username text)
RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT user_management.drop_user(username)
$function$;

CREATE OR REPLACE FUNCTION user_management.terminate_backend(pid integer)
RETURNS boolean
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT pg_terminate_backend(pid)
$function$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA user_management FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA user_management TO admin;
