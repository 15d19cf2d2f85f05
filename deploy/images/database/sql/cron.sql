-- Members of cron_admin see and end the jobs of all, everyone else only their own.
GRANT USAGE ON SCHEMA cron TO cron_admin;
GRANT SELECT, UPDATE, DELETE ON cron.job, cron.job_run_details TO cron_admin;

ALTER POLICY cron_job_policy ON cron.job
    USING (username = CURRENT_USER OR pg_has_role(CURRENT_USER, 'cron_admin', 'MEMBER'));
SELECT count(*) > 0 AS have_policy
FROM pg_policies WHERE schemaname = 'cron' AND policyname = 'cron_job_run_details_policy'
\gset
\if :have_policy
ALTER POLICY cron_job_run_details_policy ON cron.job_run_details
    USING (username = CURRENT_USER OR pg_has_role(CURRENT_USER, 'cron_admin', 'MEMBER'));
\endif

-- The short form of pg_cron's own function of this name.
CREATE OR REPLACE FUNCTION cron.schedule_in_database(p_schedule text, p_database text, p_command text)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN cron.schedule_in_database(
        md5(p_schedule || p_database || p_command), p_schedule, p_command, p_database);
END
$function$;

SELECT format('REVOKE ALL ON FUNCTION %1$s FROM PUBLIC; GRANT EXECUTE ON FUNCTION %1$s TO cron_admin', oid::regprocedure)
FROM pg_proc
WHERE pronamespace = 'cron'::regnamespace AND proname IN ('schedule', 'schedule_in_database', 'unschedule', 'alter_job')
\gexec
