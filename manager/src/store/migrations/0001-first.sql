-- The first schema: what is kept of the events, their rollups, and who may look.
--
-- Invariants:
--   * Every partitioned table is partitioned by stored_on, the UTC day on which the batch was stored, not
--     by the time of the event (docs/adr/0040): an event with any timestamp, of 1970 or of 2099, lands
--     beside the others of its batch, and retention counts from the day on which we got it. No default
--     partition exists, because DETACH … CONCURRENTLY refuses a table that has one.
--   * `id` is batches.seq * 2^20 + line number: unique, stable, ordered by the time of storing.
--   * Lists are read newest first by (time, id): that btree grows at its right edge and stays cheap. Rare
--     values (an address, a flow, a community id) are found through bloom filters per block range (the size
--     of a filter follows from its parameters alone; all of an index together must fit into 8,152 bytes), names
--     through their reversed form: reverse(lower(name)) COLLATE "C" makes "below example.org" a range.
--   * Rollup rows are only ever added to. Sums over a rollup equal the sums over the events.

CREATE SEQUENCE batch_seq;

-- Which batches are stored. Inserting here is what makes ingest exactly once.
CREATE TABLE batches (
  id uuid PRIMARY KEY,
  seq bigint NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  events integer NOT NULL
);
CREATE INDEX batches_stored_at ON batches USING brin (stored_at);

-- What could not be stored, and why. Bounded: the keeper removes the oldest.
CREATE TABLE rejected (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rejected_at timestamptz NOT NULL DEFAULT now(),
  subject text NOT NULL,
  msg_id text,
  line integer,
  reason text NOT NULL,
  sample bytea NOT NULL
);

-- Partitions by day, written by the partition keeper alone.
CREATE TABLE partitions (
  name text PRIMARY KEY,
  parent text NOT NULL,
  day date NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (parent, day)
);

CREATE TABLE flows (
  id bigint NOT NULL,
  time timestamptz NOT NULL,
  flow_id bigint,
  stored_on date NOT NULL,
  src_port integer,
  dest_port integer,
  src_ip inet,
  dest_ip inet,
  sensor text NOT NULL,
  node text NOT NULL,
  proto text,
  app_proto text,
  -- time is flow.start, "end" is flow.end
  "end" timestamptz NOT NULL,
  pkts_toserver bigint NOT NULL,
  pkts_toclient bigint NOT NULL,
  bytes_toserver bigint NOT NULL,
  bytes_toclient bigint NOT NULL,
  alerted boolean NOT NULL,
  state text NOT NULL,
  reason text NOT NULL,
  flow_state text,
  community_id text,
  application text,
  domain text,
  country text
) PARTITION BY RANGE (stored_on);
CREATE INDEX flows_time ON flows (time, id);
CREATE INDEX flows_rare ON flows USING brin (
  src_ip inet_bloom_ops, dest_ip inet_bloom_ops,
  flow_id int8_bloom_ops (n_distinct_per_range = -0.2),
  community_id text_bloom_ops (n_distinct_per_range = -0.2)
) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX flows_domain ON flows (reverse(lower(domain)) COLLATE "C") WHERE domain IS NOT NULL;

CREATE TABLE dns_queries (
  id bigint NOT NULL,
  time timestamptz NOT NULL,
  flow_id bigint,
  stored_on date NOT NULL,
  src_port integer,
  dest_port integer,
  src_ip inet,
  dest_ip inet,
  sensor text NOT NULL,
  node text NOT NULL,
  proto text,
  app_proto text,
  community_id text,
  type text NOT NULL,
  rrname text,
  rrtype text,
  rcode text,
  answers text[] NOT NULL
) PARTITION BY RANGE (stored_on);
CREATE INDEX dns_queries_time ON dns_queries (time, id);
CREATE INDEX dns_queries_rare ON dns_queries USING brin (
  src_ip inet_bloom_ops, dest_ip inet_bloom_ops,
  flow_id int8_bloom_ops (n_distinct_per_range = -0.2),
  community_id text_bloom_ops (n_distinct_per_range = -0.2)
) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX dns_queries_rrname ON dns_queries (reverse(lower(rrname)) COLLATE "C");

CREATE TABLE tls_handshakes (
  id bigint NOT NULL,
  time timestamptz NOT NULL,
  flow_id bigint,
  stored_on date NOT NULL,
  src_port integer,
  dest_port integer,
  src_ip inet,
  dest_ip inet,
  sensor text NOT NULL,
  node text NOT NULL,
  proto text,
  app_proto text,
  community_id text,
  version text,
  sni text,
  subject text,
  issuerdn text,
  serial text,
  fingerprint text,
  notbefore text,
  notafter text,
  subjectaltname text[],
  ja3 text,
  ja3s text,
  ja4 text
) PARTITION BY RANGE (stored_on);
CREATE INDEX tls_handshakes_time ON tls_handshakes (time, id);
CREATE INDEX tls_handshakes_rare ON tls_handshakes USING brin (
  src_ip inet_bloom_ops, dest_ip inet_bloom_ops,
  flow_id int8_bloom_ops (n_distinct_per_range = -0.2),
  community_id text_bloom_ops (n_distinct_per_range = -0.2),
  ja3 text_bloom_ops, ja4 text_bloom_ops
) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX tls_handshakes_sni ON tls_handshakes (reverse(lower(sni)) COLLATE "C");

CREATE TABLE http_transactions (
  id bigint NOT NULL,
  time timestamptz NOT NULL,
  flow_id bigint,
  stored_on date NOT NULL,
  src_port integer,
  dest_port integer,
  src_ip inet,
  dest_ip inet,
  sensor text NOT NULL,
  node text NOT NULL,
  proto text,
  app_proto text,
  community_id text,
  length bigint,
  status integer,
  hostname text,
  url text,
  http_method text,
  protocol text,
  http_user_agent text,
  http_content_type text,
  http_refer text
) PARTITION BY RANGE (stored_on);
CREATE INDEX http_transactions_time ON http_transactions (time, id);
CREATE INDEX http_transactions_rare ON http_transactions USING brin (
  src_ip inet_bloom_ops, dest_ip inet_bloom_ops,
  flow_id int8_bloom_ops (n_distinct_per_range = -0.2),
  community_id text_bloom_ops (n_distinct_per_range = -0.2)
) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX http_transactions_hostname ON http_transactions (reverse(lower(hostname)) COLLATE "C");

CREATE TABLE alerts (
  id bigint NOT NULL,
  time timestamptz NOT NULL,
  flow_id bigint,
  stored_on date NOT NULL,
  src_port integer,
  dest_port integer,
  src_ip inet,
  dest_ip inet,
  sensor text NOT NULL,
  node text NOT NULL,
  proto text,
  app_proto text,
  community_id text,
  signature_id bigint NOT NULL,
  gid integer NOT NULL,
  rev integer NOT NULL,
  severity integer NOT NULL,
  signature text NOT NULL,
  category text NOT NULL,
  action text NOT NULL,
  -- the whole event: an alert is rare and everything in it may matter
  event jsonb NOT NULL
) PARTITION BY RANGE (stored_on);
CREATE INDEX alerts_time ON alerts (time, id);
CREATE INDEX alerts_src_ip ON alerts (src_ip);
CREATE INDEX alerts_dest_ip ON alerts (dest_ip);
CREATE INDEX alerts_signature ON alerts (signature_id, time);

CREATE TABLE anomalies (
  id bigint NOT NULL,
  time timestamptz NOT NULL,
  flow_id bigint,
  stored_on date NOT NULL,
  src_port integer,
  dest_port integer,
  src_ip inet,
  dest_ip inet,
  sensor text NOT NULL,
  node text NOT NULL,
  proto text,
  app_proto text,
  community_id text,
  type text NOT NULL,
  event text NOT NULL,
  layer text
) PARTITION BY RANGE (stored_on);
CREATE INDEX anomalies_time ON anomalies (time, id);
CREATE INDEX anomalies_rare ON anomalies USING brin (
  src_ip inet_bloom_ops, dest_ip inet_bloom_ops, flow_id int8_bloom_ops,
  event text_bloom_ops
) WITH (pages_per_range = 16, autosummarize = on);

-- quic, dhcp, mdns, fileinfo, stats and whatever type a newer sensor sends: the event as it came.
CREATE TABLE events (
  id bigint NOT NULL,
  time timestamptz NOT NULL,
  flow_id bigint,
  stored_on date NOT NULL,
  src_port integer,
  dest_port integer,
  src_ip inet,
  dest_ip inet,
  sensor text NOT NULL,
  node text NOT NULL,
  proto text,
  app_proto text,
  community_id text,
  event_type text NOT NULL,
  event jsonb NOT NULL
) PARTITION BY RANGE (stored_on);
CREATE INDEX events_time ON events (event_type, time, id);

-- An address on our side of the wire, and what it calls itself. Bounded by the keeper.
CREATE TABLE devices (
  ip inet PRIMARY KEY,
  mac macaddr,
  vendor text,
  hostname text,
  -- how far the hostname is trusted: 0 none, 1 DNS answer, 2 mDNS, 3 DHCP
  hostname_rank smallint NOT NULL DEFAULT 0,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  -- when we last heard of it by our clock: a replayed capture is old by the events' clock only
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX devices_last_seen ON devices (last_seen, ip);

-- Rollups. `bucket` is the minute or hour in which a flow ended (in which another event happened).
-- `device` is the end on our side; '0.0.0.0' and '*' stand for "all the rest" where a transaction brought
-- more keys than it may add. A flow is counted once in every rollup except rollup_device, where it is counted
-- for each of its ends that is a device.
CREATE TABLE rollup_total_minute (
  bucket timestamptz NOT NULL,
  bytes_toserver bigint NOT NULL,
  bytes_toclient bigint NOT NULL,
  packets bigint NOT NULL,
  flows bigint NOT NULL,
  stored_on date NOT NULL,
  sensor text NOT NULL,
  node text NOT NULL,
  PRIMARY KEY (bucket, sensor, node, stored_on)
) PARTITION BY RANGE (stored_on);

CREATE TABLE rollup_events_minute (
  bucket timestamptz NOT NULL,
  events bigint NOT NULL,
  stored_on date NOT NULL,
  event_type text NOT NULL,
  sensor text NOT NULL,
  node text NOT NULL,
  PRIMARY KEY (bucket, event_type, sensor, node, stored_on)
) PARTITION BY RANGE (stored_on);

CREATE TABLE rollup_device_minute (
  bucket timestamptz NOT NULL,
  bytes_sent bigint NOT NULL,
  bytes_received bigint NOT NULL,
  packets bigint NOT NULL,
  flows bigint NOT NULL,
  stored_on date NOT NULL,
  device inet NOT NULL,
  PRIMARY KEY (bucket, device, stored_on)
) PARTITION BY RANGE (stored_on);

-- only flows whose domain is known
CREATE TABLE rollup_domain_minute (
  bucket timestamptz NOT NULL,
  bytes bigint NOT NULL,
  flows bigint NOT NULL,
  stored_on date NOT NULL,
  device inet NOT NULL,
  domain text NOT NULL,
  PRIMARY KEY (bucket, device, domain, stored_on)
) PARTITION BY RANGE (stored_on);

-- application, else app_proto, else 'unknown'
CREATE TABLE rollup_application_minute (
  bucket timestamptz NOT NULL,
  bytes bigint NOT NULL,
  flows bigint NOT NULL,
  stored_on date NOT NULL,
  device inet NOT NULL,
  application text NOT NULL,
  PRIMARY KEY (bucket, device, application, stored_on)
) PARTITION BY RANGE (stored_on);

-- only flows whose remote end's country is known
CREATE TABLE rollup_country_minute (
  bucket timestamptz NOT NULL,
  bytes bigint NOT NULL,
  flows bigint NOT NULL,
  stored_on date NOT NULL,
  device inet NOT NULL,
  country text NOT NULL,
  PRIMARY KEY (bucket, device, country, stored_on)
) PARTITION BY RANGE (stored_on);

CREATE TABLE rollup_pair_minute (
  bucket timestamptz NOT NULL,
  bytes_toserver bigint NOT NULL,
  bytes_toclient bigint NOT NULL,
  flows bigint NOT NULL,
  stored_on date NOT NULL,
  src_ip inet NOT NULL,
  dest_ip inet NOT NULL,
  PRIMARY KEY (bucket, src_ip, dest_ip, stored_on)
) PARTITION BY RANGE (stored_on);

CREATE TABLE rollup_total_hour (LIKE rollup_total_minute INCLUDING ALL) PARTITION BY RANGE (stored_on);
CREATE TABLE rollup_events_hour (LIKE rollup_events_minute INCLUDING ALL) PARTITION BY RANGE (stored_on);
CREATE TABLE rollup_device_hour (LIKE rollup_device_minute INCLUDING ALL) PARTITION BY RANGE (stored_on);
CREATE TABLE rollup_domain_hour (LIKE rollup_domain_minute INCLUDING ALL) PARTITION BY RANGE (stored_on);
CREATE TABLE rollup_application_hour (LIKE rollup_application_minute INCLUDING ALL)
  PARTITION BY RANGE (stored_on);
CREATE TABLE rollup_country_hour (LIKE rollup_country_minute INCLUDING ALL) PARTITION BY RANGE (stored_on);
CREATE TABLE rollup_pair_hour (LIKE rollup_pair_minute INCLUDING ALL) PARTITION BY RANGE (stored_on);

-- Who may look. Owned by the API.
CREATE TABLE users (
  name text PRIMARY KEY,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY,
  user_name text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);
CREATE TABLE api_tokens (
  id uuid PRIMARY KEY,
  user_name text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  name text NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz
);
