-- Alerts of signatures are told as findings are; thresholds of findings.
--
-- Invariants:
--   * An alert_notice is one signature at one device; it is written in the transaction that stores its alerts, and
--     told again no sooner than a day after it was told (ingest/alert-notices.ts).
--   * A notification is of a finding or of an alert_notice, never of both.
--   * Bounds: of alert_notices by the keeper, the ones seen last stay; of thresholds by the API.

CREATE TABLE alert_notices (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gid bigint NOT NULL,
  sid bigint NOT NULL,
  subject inet NOT NULL,
  -- the other end; the device itself where there was none
  peer inet NOT NULL,
  -- of the severity of the signature: 1 is 90, 2 is 60, 3 is 40, others 20
  score smallint NOT NULL,
  signature text NOT NULL,
  category text NOT NULL,
  time timestamptz NOT NULL,
  last_time timestamptz NOT NULL,
  alerts bigint NOT NULL,
  told_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (gid, sid, subject)
);
CREATE INDEX alert_notices_updated ON alert_notices (updated_at);

ALTER TABLE notifications
  ALTER COLUMN finding DROP NOT NULL,
  ADD COLUMN notice bigint REFERENCES alert_notices (id) ON DELETE CASCADE,
  ADD CHECK ((finding IS NULL) <> (notice IS NULL));
CREATE INDEX notifications_notice ON notifications (notice) WHERE notice IS NOT NULL;

-- What of a kind it is about: gid:sid, a domain. NULL matches everything.
ALTER TABLE notification_silences ADD COLUMN about text;

-- Findings of less than this are not told. NULL matches every kind, every device; the narrowest counts.
CREATE TABLE analysis_thresholds (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text,
  subject inet,
  min_score smallint NOT NULL,
  said_by text NOT NULL,
  said_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (kind, subject)
);
