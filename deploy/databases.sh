# Sourced by the image of PostgreSQL when its volume is empty: a role and its databases for each who needs them.
# `airflow` owns Airflow's database, `jixiao` ledger and warehouse; `questions` may read what is published, as a member of
# `jixiao_reader`. None of them is a superuser; the superuser `postgres` is for people and for backups.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set airflow="$(cat /run/secrets/airflow_password)" \
  --set jixiao="$(cat /run/secrets/jixiao_password)" \
  --set questions="$(cat /run/secrets/questions_password)" << 'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE ROLE jixiao LOGIN PASSWORD :'jixiao';
CREATE ROLE jixiao_reader NOLOGIN;
CREATE ROLE questions LOGIN PASSWORD :'questions' IN ROLE jixiao_reader;
ALTER ROLE questions SET default_transaction_read_only = on;
ALTER ROLE questions SET statement_timeout = '300s';
ALTER ROLE questions SET temp_file_limit = '2GB';
ALTER ROLE questions SET search_path = published;
GRANT jixiao_reader TO jixiao;
CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE ledger OWNER jixiao;
CREATE DATABASE warehouse OWNER jixiao TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
REVOKE CONNECT, TEMPORARY ON DATABASE airflow, ledger, warehouse, postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE warehouse TO jixiao_reader;
-- One writer at a time holds an advisory lock, which anybody could hold for ever: nobody else may take one.
\connect warehouse
DO $$
DECLARE taken regprocedure;
BEGIN
  FOR taken IN SELECT oid FROM pg_proc WHERE proname ~ '^pg_(try_)?advisory_' AND pronamespace = 'pg_catalog'::regnamespace
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', taken);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO jixiao', taken);
  END LOOP;
END $$;
SQL
