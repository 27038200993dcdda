-- Indicator lists among the files of a set.
--
-- Invariant: `list` says how a file is read: NULL as rules (or as the configuration file it is by its name),
-- else as a list with these options (listOptionsSchema of contracts/src/rest-signatures.ts).

ALTER TABLE signature_files ADD COLUMN list jsonb;
-- Entries of lists.
ALTER TABLE signature_versions ADD COLUMN indicators integer NOT NULL DEFAULT 0;
