-- Suppressions among what is changed about a rule.
--
-- Invariant: `suppress` is a suppressionSchema of contracts/src/rest-signatures.ts; NULL: its matches are alerts.

ALTER TABLE signature_overrides ADD COLUMN suppress jsonb;
