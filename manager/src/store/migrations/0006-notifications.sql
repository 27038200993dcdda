-- Telling people and programs of findings.
--
-- Invariants:
--   * A notification is written in the transaction that writes its finding, once for each channel that wants it
--     (UNIQUE), so nothing is lost with a manager and nothing is told twice to begin with; it is sent at least once:
--     a manager that is killed between sending and writing that down sends again, under the same id.
--   * `sent_at` NULL and `given_up_at` NULL: still to be sent, not before `due_at`.
--   * Bound: the keeper removes what is older than 30 days and all beyond the newest 100,000.

CREATE TABLE notification_channels (
  name text PRIMARY KEY,
  kind text NOT NULL,
  -- where to: a URL; syslog://, smtp:// and smtps:// too
  url text NOT NULL,
  -- what signs a webhook, or who it is from and to
  settings jsonb NOT NULL,
  min_score smallint NOT NULL,
  -- empty: all
  kinds text[] NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL
);

-- Nothing is told of what these match, until then. NULL matches everything.
CREATE TABLE notification_silences (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text,
  subject inet,
  until timestamptz NOT NULL,
  reason text NOT NULL,
  said_by text NOT NULL,
  said_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE notifications (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  channel text NOT NULL REFERENCES notification_channels (name) ON DELETE CASCADE,
  finding bigint NOT NULL REFERENCES findings (id) ON DELETE CASCADE,
  made_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  sent_at timestamptz,
  given_up_at timestamptz,
  last_error text,
  UNIQUE (channel, finding)
);
CREATE INDEX notifications_due ON notifications (due_at)
  WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX notifications_finding ON notifications (finding);
