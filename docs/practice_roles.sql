-- Rights at the practice's server: run once by the owner of the database, after
-- `torquemon sync --prepare` has made the tables. No login is made here; see docs/practice.md.
-- Triggers refuse every change, and every deletion that no erasure names, whoever asks.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'torquemon_chair') THEN
    CREATE ROLE torquemon_chair NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'torquemon_reader') THEN
    CREATE ROLE torquemon_reader NOLOGIN;
  END IF;
END $$;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO torquemon_chair, torquemon_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO torquemon_chair, torquemon_reader;
GRANT INSERT, DELETE ON ALL TABLES IN SCHEMA public TO torquemon_chair;
REVOKE INSERT, DELETE ON alembic_version, fold, destination, outbox FROM torquemon_chair;
REVOKE DELETE ON entry, erasure FROM torquemon_chair;
