-- The roles and the database of a mission's own PostgreSQL, 15 or newer.
--
-- Once, as a superuser:
--   psql -v owner_password=... -v serving_password=... -f deploy/roles.sql
--
-- The owner migrates (CIMIC_OWNER_DATABASE_URL, given to `manage.py migrate` alone, which also
-- grants the serving role its rights). The servers run as the serving role
-- (CIMIC_DATABASE_URL): it owns nothing, so it cannot drop a trigger, and on what is only
-- ever added to it may read and add, nothing else.

\set ON_ERROR_STOP on

CREATE ROLE cimic_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE cimic_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'serving_password';

-- Its statements are short and join along keys: deciding how to answer them took longer than
-- answering them (docs/decisions/0055). Tables are joined in the order they are written.
ALTER ROLE cimic_app SET join_collapse_limit = 1;
ALTER ROLE cimic_app SET jit = off;

CREATE DATABASE cimic OWNER cimic_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE cimic FROM PUBLIC;
GRANT CONNECT ON DATABASE cimic TO cimic_app;

\connect cimic
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gist;
