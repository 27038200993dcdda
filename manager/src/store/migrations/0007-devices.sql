-- Devices: what was seen of them, what is concluded of it, what people say; where flows went and of what kind they are.
--
-- Invariants:
--   * A subject is what evidence is of: 'mac:aa:bb:…' where the sensor sees layer 2, else 'ip:…'. One MAC may have
--     several addresses, which are then one device. Evidence is written by ingest alone, in the transaction
--     that stores its events; columns of devices from `subject` on by the concluder alone, from evidence and labels.
--   * `concluded` false: the concluder has yet to look at it. It works under an advisory lock, so that of
--     several managers one does.
--   * Bounds: ingest takes few addresses that never answered, the keeper removes those first (trim.ts); evidence by
--     the keeper and, of one subject, by the concluder.

ALTER TABLE devices
  -- something answered it, or it was given its address by DHCP
  ADD COLUMN confirmed boolean NOT NULL DEFAULT true,
  ADD COLUMN mac_since timestamptz,
  ADD COLUMN concluded boolean NOT NULL DEFAULT false,
  ADD COLUMN subject text,
  ADD COLUMN label text,
  ADD COLUMN os text,
  ADD COLUMN os_confidence smallint,
  ADD COLUMN type text,
  ADD COLUMN type_confidence smallint;
CREATE INDEX devices_mac ON devices (mac) WHERE mac IS NOT NULL;
CREATE INDEX devices_not_concluded ON devices (ip) WHERE NOT concluded;

CREATE TABLE device_evidence (
  subject text NOT NULL,
  attribute text NOT NULL,
  source text NOT NULL,
  value text NOT NULL,
  detail text NOT NULL,
  confidence smallint NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  concluded boolean NOT NULL DEFAULT false,
  PRIMARY KEY (subject, attribute, source, value)
);
CREATE INDEX device_evidence_not_concluded ON device_evidence (subject) WHERE NOT concluded;
CREATE INDEX device_evidence_updated_at ON device_evidence (updated_at);

-- What a person says; goes before all evidence.
CREATE TABLE device_labels (
  subject text PRIMARY KEY,
  label text,
  type text,
  set_by text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE flows
  -- of the remote end
  ADD COLUMN asn bigint,
  ADD COLUMN traffic_type text,
  -- the row of the decision table (docs/enrichment.md)
  ADD COLUMN traffic_rule text;
