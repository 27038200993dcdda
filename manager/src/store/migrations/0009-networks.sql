-- Who runs the networks that flows went to.
--
-- Invariant: unnamed_bytes counts only while there is a database of autonomous systems; without one it stays 0.

ALTER TABLE flows
  -- of the autonomous system, as the database called it then
  ADD COLUMN asn_name text;

-- bytes with networks of the Internet that no database names
ALTER TABLE rollup_device_minute ADD COLUMN unnamed_bytes bigint NOT NULL DEFAULT 0;
ALTER TABLE rollup_device_hour ADD COLUMN unnamed_bytes bigint NOT NULL DEFAULT 0;
