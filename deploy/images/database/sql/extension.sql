-- Creates the extension :extension in the schema :schema, or brings it to the image's version.
-- Passed over when the image does not have it, or when it works only after being preloaded.
SELECT count(*) > 0 AS have_extension,
       coalesce(bool_or(installed_version <> default_version), false) AS outdated
FROM pg_available_extensions
WHERE name = :'extension'
  AND (:'preload' = '' OR :'preload' = ANY (string_to_array(
      replace(current_setting('shared_preload_libraries'), ' ', ''), ',')))
\gset
\if :have_extension
CREATE EXTENSION IF NOT EXISTS :"extension" SCHEMA :"schema";
\endif
\if :outdated
ALTER EXTENSION :"extension" UPDATE;
\endif
