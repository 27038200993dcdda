-- Which lists an address or a name is on, and since when; names that reverse DNS gives.
--
-- Invariants:
--   * Entries of a list are replaced in one transaction (enrich/reputation.ts): what stays keeps its `since`.
--   * An entry is a network or a name, never both.
--   * Bounds: entries of a list by MAX_LIST_ENTRIES, lists by the configuration and SIGNATURE_LIMITS; names by the keeper.

CREATE TABLE reputation_lists (
  name text PRIMARY KEY,
  -- of what was read last
  digest text NOT NULL,
  entries bigint NOT NULL,
  -- entries beyond the bound, and lines that are none
  left_out bigint NOT NULL,
  read_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE reputation_entries (
  list text NOT NULL REFERENCES reputation_lists (name) ON DELETE CASCADE,
  entry text NOT NULL,
  network inet,
  domain text,
  since timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (list, entry),
  CHECK ((network IS NULL) <> (domain IS NULL))
);
CREATE INDEX reputation_entries_network ON reputation_entries USING gist (network inet_ops);
CREATE INDEX reputation_entries_domain ON reputation_entries (domain) WHERE domain IS NOT NULL;

-- a.b.example: itself, b.example; never the last label alone.
CREATE FUNCTION name_and_above(name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (SELECT array_agg(array_to_string(labels[first:], '.'))
    FROM (SELECT string_to_array(lower(name), '.') AS labels) AS of,
      generate_series(1, greatest(cardinality(labels) - 1, 1)) AS first);

CREATE TABLE reverse_names (
  ip inet PRIMARY KEY,
  -- NULL: it has none, or nobody answered
  name text,
  looked_up_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reverse_names_looked_up ON reverse_names (looked_up_at);
