-- The doors: who may ask, what was asked, what waits to be done or told. Nothing here moves money.
CREATE TABLE person (
  id {ID}, code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 1 AND 64), name TEXT NOT NULL,
  login TEXT UNIQUE, password_hash TEXT, issuer TEXT, subject TEXT, is_admin {SMALLINT} NOT NULL CHECK (is_admin IN (0, 1)),
  disabled_at {INSTANT}, version {BIGINT} NOT NULL CHECK (version >= 1), created_at {INSTANT} NOT NULL,
  UNIQUE (issuer, subject), CHECK ((issuer IS NULL) = (subject IS NULL)), CHECK ((login IS NULL) = (password_hash IS NULL))
){STRICT}
;;
-- A role of a person in a book, for a party, on one engagement ('fund/pool', 'challenge/hpv') or on the whole book ('').
-- A role that touches money holds only once somebody else confirmed it.
CREATE TABLE role_grant (
  id {UUID} NOT NULL PRIMARY KEY, book_id {BIGINT} NOT NULL REFERENCES book, person_id {BIGINT} NOT NULL REFERENCES person,
  party TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('funder', 'investor', 'intermediary', 'hub', 'evaluator', 'judge')),
  engagement TEXT NOT NULL, may_make {SMALLINT} NOT NULL CHECK (may_make IN (0, 1)),
  may_check {SMALLINT} NOT NULL CHECK (may_check IN (0, 1)),
  valid_from {INSTANT} NOT NULL, valid_until {INSTANT}, granted_by TEXT NOT NULL, confirmed_by TEXT, revoked_at {INSTANT},
  version {BIGINT} NOT NULL CHECK (version >= 1), CHECK (confirmed_by IS NULL OR confirmed_by <> granted_by)
){STRICT_KEYED}
;;
CREATE INDEX role_grant_person ON role_grant (person_id, book_id)
;;
CREATE TABLE api_key (
  id TEXT NOT NULL PRIMARY KEY, person_id {BIGINT} NOT NULL REFERENCES person, name TEXT NOT NULL,
  secret_sha256 {BYTES} NOT NULL CHECK (length(secret_sha256) = 32), scopes TEXT NOT NULL,
  created_at {INSTANT} NOT NULL, expires_at {INSTANT} NOT NULL, revoked_at {INSTANT}, last_used_on {DAY}
){STRICT_KEYED}
;;
CREATE TABLE refresh_token (
  sha256 {BYTES} NOT NULL PRIMARY KEY CHECK (length(sha256) = 32), family {UUID} NOT NULL,
  person_id {BIGINT} NOT NULL REFERENCES person, issued_at {INSTANT} NOT NULL, authenticated_at {INSTANT} NOT NULL,
  expires_at {INSTANT} NOT NULL, used_at {INSTANT}, revoked_at {INSTANT}
){STRICT_KEYED}
;;
CREATE INDEX refresh_token_family ON refresh_token (family)
;;
-- Sign-ins of the pages: the cookie holds what the digest is of; ends with its family of tokens.
CREATE TABLE page_session (
  sha256 {BYTES} NOT NULL PRIMARY KEY CHECK (length(sha256) = 32), family {UUID} NOT NULL,
  person_id {BIGINT} NOT NULL REFERENCES person, party TEXT NOT NULL, started_at {INSTANT} NOT NULL,
  seen_at {INSTANT} NOT NULL, authenticated_at {INSTANT} NOT NULL
){STRICT_KEYED}
;;
CREATE INDEX page_session_person ON page_session (person_id)
;;
-- Briefs that are being written: one row each, until it is published or thrown away.
CREATE TABLE brief_draft (
  book_id {BIGINT} NOT NULL REFERENCES book, code TEXT NOT NULL, revision {BIGINT} NOT NULL CHECK (revision >= 1),
  editor TEXT NOT NULL, body {BYTES} NOT NULL, saved_at {INSTANT} NOT NULL, PRIMARY KEY (book_id, code)
){STRICT_KEYED}
;;
-- Attempts to sign in, as a bucket of tokens per account and per address.
CREATE TABLE throttle (
  bucket TEXT NOT NULL PRIMARY KEY, tokens {BIGINT} NOT NULL CHECK (tokens >= 0), counted_at {INSTANT} NOT NULL
){STRICT_KEYED}
;;
-- What was asked through a door: who, as whom, what, and the answer that the same key gives again.
CREATE TABLE command (
  id {UUID} NOT NULL PRIMARY KEY, book_id {BIGINT} REFERENCES book, operation TEXT NOT NULL, object TEXT NOT NULL,
  person TEXT NOT NULL, party TEXT NOT NULL, api_key TEXT, client TEXT, idem_key TEXT,
  request_sha256 {BYTES} NOT NULL CHECK (length(request_sha256) = 32), status {SMALLINT} NOT NULL CHECK (status BETWEEN 200 AND 599),
  answer {BYTES}, location TEXT, recorded_at {INSTANT} NOT NULL, UNIQUE (client, idem_key),
  CHECK ((client IS NULL) = (idem_key IS NULL))
){STRICT_KEYED}
;;
CREATE INDEX command_book ON command (book_id, recorded_at, id)
;;
CREATE INDEX command_operation ON command (book_id, operation, object)
;;
-- An engagement that everybody may read.
CREATE TABLE publication (
  book_id {BIGINT} NOT NULL REFERENCES book, engagement TEXT NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (book_id, engagement)
){STRICT_KEYED}
;;
CREATE TABLE job (
  id {UUID} NOT NULL PRIMARY KEY, book_id {BIGINT} REFERENCES book, kind TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
  person TEXT NOT NULL, party TEXT NOT NULL, input {BYTES} NOT NULL, result {BYTES}, problem {BYTES},
  stage TEXT NOT NULL, done {BIGINT} NOT NULL CHECK (done >= 0), total {BIGINT} NOT NULL CHECK (total >= 0),
  asked_to_stop {SMALLINT} NOT NULL CHECK (asked_to_stop IN (0, 1)), attempts {BIGINT} NOT NULL CHECK (attempts >= 0),
  created_at {INSTANT} NOT NULL, started_at {INSTANT}, finished_at {INSTANT}, leased_by TEXT, leased_until {INSTANT},
  version {BIGINT} NOT NULL CHECK (version >= 1)
){STRICT_KEYED}
;;
CREATE INDEX job_state ON job (state, created_at)
;;
-- A file as it was sent, by its digest.
CREATE TABLE upload (
  book_id {BIGINT} NOT NULL REFERENCES book, sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32), content {BYTES} NOT NULL,
  media_type TEXT NOT NULL, name TEXT NOT NULL, person TEXT NOT NULL, party TEXT NOT NULL, uploaded_at {INSTANT} NOT NULL,
  PRIMARY KEY (book_id, sha256, party)
){STRICT_KEYED}
;;
CREATE TABLE webhook_endpoint (
  id {UUID} NOT NULL PRIMARY KEY, book_id {BIGINT} NOT NULL REFERENCES book, party TEXT NOT NULL, person TEXT NOT NULL,
  url TEXT NOT NULL, kinds TEXT NOT NULL, secret {BYTES} NOT NULL, earlier_secret {BYTES}, earlier_until {INSTANT},
  told_below {BIGINT} NOT NULL CHECK (told_below >= 0), failing_since {INSTANT}, disabled_at {INSTANT}, disabled_for TEXT,
  version {BIGINT} NOT NULL CHECK (version >= 1), created_at {INSTANT} NOT NULL
){STRICT_KEYED}
;;
CREATE TABLE delivery (
  id {UUID} NOT NULL PRIMARY KEY, endpoint_id {UUID} NOT NULL REFERENCES webhook_endpoint, event_id {UUID} NOT NULL REFERENCES event,
  kind TEXT NOT NULL, body {BYTES} NOT NULL, state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
  attempts {BIGINT} NOT NULL CHECK (attempts >= 0), next_at {INSTANT} NOT NULL, leased_until {INSTANT},
  last_status {SMALLINT}, last_error TEXT, delivered_at {INSTANT}, UNIQUE (endpoint_id, event_id)
){STRICT_KEYED}
;;
CREATE INDEX delivery_due ON delivery (state, next_at)
;;
CREATE TABLE worker_beat (
  name TEXT NOT NULL PRIMARY KEY, beaten_at {INSTANT} NOT NULL
){STRICT_KEYED}
;;
