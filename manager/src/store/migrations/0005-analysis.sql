-- Analysis: what is condensed of the events, what is remembered of each subject, and what was found.
--
-- Invariants:
--   * analysis_facts is written by ingest in the transaction that stores the events, and removed in the one that
--     writes what was made of it (states, findings, beacons): every event is analysed exactly once, whoever is
--     killed in the middle (docs/adr/0160).
--   * A shard is worked by the one manager that analysis_shards names; its row is locked in every transaction that
--     removes facts, so a manager that only thinks it still owns a shard changes nothing.
--   * Times of hours and findings are those of events.
--   * Bounds: facts by MAX_OPEN of analysis/shard.ts, states, findings and beacons by the keeper (store/trim.ts).

CREATE TABLE analysis_facts (
  id bigint GENERATED ALWAYS AS IDENTITY,
  shard smallint NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- the newest event in it, seconds since 1970; not later than an hour after it was stored
  newest_seconds bigint NOT NULL,
  -- hours of subjects (analysis/hour-codec.ts), compressed already
  body bytea NOT NULL,
  PRIMARY KEY (shard, id)
);
ALTER TABLE analysis_facts ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE analysis_states (
  shard smallint NOT NULL,
  subject inet NOT NULL,
  device boolean NOT NULL,
  last_hour integer NOT NULL,
  state bytea NOT NULL,
  beacons bytea NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, subject)
);
ALTER TABLE analysis_states ALTER COLUMN state SET STORAGE EXTERNAL;
ALTER TABLE analysis_states ALTER COLUMN beacons SET STORAGE EXTERNAL;
CREATE INDEX analysis_states_updated ON analysis_states (updated_at);

CREATE TABLE analysis_members (
  id uuid PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

CREATE TABLE analysis_shards (
  shard smallint PRIMARY KEY,
  owner uuid,
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  -- grows with every change of hands
  epoch bigint NOT NULL DEFAULT 0,
  -- the newest event of what was stored long enough ago (holdback), seconds since 1970
  ripe_seconds bigint NOT NULL DEFAULT 0,
  -- the first hour ever seen, since 1970
  first_hour integer,
  last_stored timestamptz
);
INSERT INTO analysis_shards (shard) SELECT generate_series(0, 31);

CREATE TABLE findings (
  id bigint PRIMARY KEY,
  time timestamptz NOT NULL,
  last_time timestamptz NOT NULL,
  kind text NOT NULL,
  subject inet NOT NULL,
  about text NOT NULL,
  score smallint NOT NULL,
  peer inet,
  port integer,
  proto text,
  summary text NOT NULL,
  parts jsonb NOT NULL,
  -- in how many hours it was seen
  repeats integer NOT NULL DEFAULT 1,
  -- the hour that was judged last
  hour integer NOT NULL,
  -- false: told early, while its hour goes on
  confirmed boolean NOT NULL,
  status text NOT NULL DEFAULT 'open',
  status_by text,
  status_at timestamptz,
  stored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX findings_time ON findings (time, id);
CREATE INDEX findings_same ON findings (subject, kind, about, last_time);
CREATE INDEX findings_peer ON findings (peer) WHERE peer IS NOT NULL;

-- What a person said is normal; '' in about stands for whatever it is about, NULL in subject for everybody.
CREATE TABLE analysis_normal (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  subject inet,
  about text NOT NULL,
  said_by text NOT NULL,
  said_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (kind, subject, about)
);

CREATE TABLE beacons (
  id bigint GENERATED ALWAYS AS IDENTITY,
  device inet NOT NULL,
  target text NOT NULL,
  -- with the modifiers for prevalence and age
  score real NOT NULL,
  interval_score real NOT NULL,
  size_score real NOT NULL,
  histogram_score real NOT NULL,
  duration_score real NOT NULL,
  prevalence real NOT NULL,
  period_seconds real NOT NULL,
  jitter real NOT NULL,
  connections bigint NOT NULL,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (device, target)
);
CREATE INDEX beacons_last_seen ON beacons (last_seen, id);
CREATE INDEX beacons_target ON beacons (target);

-- What engines saw malformed, and what analysis found, as one list.
CREATE VIEW all_anomalies AS
  SELECT id, time, sensor, node, flow_id, src_ip, src_port, dest_ip, dest_port, proto, app_proto,
    kubernetes, type, event, NULL::smallint AS score, NULL::text AS summary, NULL::jsonb AS parts,
    NULL::timestamptz AS last_time, NULL::integer AS repeats, NULL::text AS status
  FROM anomalies
  UNION ALL
  SELECT id, time, '' AS sensor, '' AS node, NULL AS flow_id, subject AS src_ip, NULL AS src_port,
    peer AS dest_ip, port AS dest_port, proto, NULL AS app_proto, NULL AS kubernetes,
    'behaviour' AS type, kind AS event, score, summary, parts, last_time, repeats, status
  FROM findings;
