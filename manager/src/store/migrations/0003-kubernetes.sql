-- Whose the addresses of an event were at its time: {"src": {...}, "dest": {...}}; NULL where nobody's is known.
-- Written by ingest, as in the event itself (contracts/src/eve-header.ts).
ALTER TABLE flows ADD COLUMN kubernetes jsonb;
ALTER TABLE dns_queries ADD COLUMN kubernetes jsonb;
ALTER TABLE tls_handshakes ADD COLUMN kubernetes jsonb;
ALTER TABLE http_transactions ADD COLUMN kubernetes jsonb;
ALTER TABLE alerts ADD COLUMN kubernetes jsonb;
ALTER TABLE anomalies ADD COLUMN kubernetes jsonb;
ALTER TABLE events ADD COLUMN kubernetes jsonb;
