-- Definitions of metrics and cohorts; agreements and what comes of them, from signing to payout.
-- agreement_duty gives each party exactly one duty in an agreement, so whoever has money in it cannot verify it.
CREATE TABLE definition (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, kind TEXT NOT NULL CHECK (kind IN ('metric','cohort')),
  code TEXT NOT NULL, version {SMALLINT} NOT NULL CHECK (version > 0), body {BYTES} NOT NULL,
  sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  UNIQUE (book_id, kind, code, version)
){STRICT}
;;
CREATE TABLE agreement (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, code TEXT NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (book_id, code), UNIQUE (id, book_id)
){STRICT}
;;
CREATE TABLE agreement_draft (
  agreement_id {BIGINT} NOT NULL REFERENCES agreement, version {SMALLINT} NOT NULL CHECK (version > 0),
  body {BYTES} NOT NULL, sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32), terms_sha256 {BYTES} NOT NULL CHECK (length(terms_sha256) = 32),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (agreement_id, version)
){STRICT_KEYED}
;;
CREATE TABLE agreement_move (
  agreement_id {BIGINT} NOT NULL REFERENCES agreement, no {SMALLINT} NOT NULL CHECK (no > 0), state TEXT NOT NULL,
  from_no {SMALLINT}, from_state TEXT, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (agreement_id, no), UNIQUE (agreement_id, no, state),
  FOREIGN KEY (agreement_id, from_no, from_state) REFERENCES agreement_move (agreement_id, no, state),
  CHECK ((no = 1 AND from_no IS NULL AND from_state IS NULL AND state = 'draft')
    OR (no > 1 AND from_no = no - 1 AND from_state IS NOT NULL AND from_no IS NOT NULL AND (from_state || '>' || state) IN (
      'draft>proposed','draft>withdrawn','proposed>withdrawn','proposed>active','active>suspended','suspended>active',
      'active>measured','active>terminated','suspended>terminated','measured>closed','terminated>closed')))
){STRICT_KEYED}
;;
CREATE TABLE agreement_duty (
  agreement_id {BIGINT} NOT NULL REFERENCES agreement, party_id {BIGINT} NOT NULL REFERENCES party,
  duty TEXT NOT NULL CHECK (duty IN ('interested','verifier','resolver')),
  PRIMARY KEY (agreement_id, party_id), UNIQUE (agreement_id, party_id, duty)
){STRICT_KEYED}
;;
CREATE TABLE agreement_party (
  agreement_id {BIGINT} NOT NULL, term_party TEXT NOT NULL, role TEXT NOT NULL, party_id {BIGINT} NOT NULL,
  duty TEXT NOT NULL, CHECK ((role IN ('evaluator','validator')) = (duty = 'verifier')), CHECK ((role = 'resolver') = (duty = 'resolver')),
  PRIMARY KEY (agreement_id, term_party),
  FOREIGN KEY (agreement_id, party_id, duty) REFERENCES agreement_duty (agreement_id, party_id, duty)
){STRICT_KEYED}
;;
CREATE TABLE agreement_source (
  agreement_id {BIGINT} NOT NULL, book_id {BIGINT} NOT NULL, payer TEXT NOT NULL, unit TEXT NOT NULL REFERENCES unit,
  fund_id {BIGINT} NOT NULL, promise TEXT NOT NULL, maximum {BIGINT} NOT NULL CHECK (maximum BETWEEN 0 AND {M62}),
  PRIMARY KEY (agreement_id, payer, unit), UNIQUE (book_id, promise, unit),
  FOREIGN KEY (agreement_id, book_id) REFERENCES agreement (id, book_id), FOREIGN KEY (fund_id, book_id) REFERENCES fund (id, book_id)
){STRICT_KEYED}
;;
CREATE TABLE agreement_signature (
  agreement_id {BIGINT} NOT NULL, term_party TEXT NOT NULL, signature {BYTES} NOT NULL CHECK (length(signature) = 64),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (agreement_id, term_party),
  FOREIGN KEY (agreement_id, term_party) REFERENCES agreement_party (agreement_id, term_party)
){STRICT_KEYED}
;;
CREATE TABLE amendment (
  id {ID}, agreement_id {BIGINT} NOT NULL REFERENCES agreement, code TEXT NOT NULL, maker TEXT NOT NULL,
  body {BYTES} NOT NULL, sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32), signature {BYTES} NOT NULL CHECK (length(signature) = 64),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (agreement_id, code), UNIQUE (id, agreement_id), UNIQUE (id, agreement_id, maker),
  FOREIGN KEY (agreement_id, maker) REFERENCES agreement_party (agreement_id, term_party)
){STRICT}
;;
CREATE TABLE amendment_approval (
  amendment_id {BIGINT} NOT NULL, agreement_id {BIGINT} NOT NULL, maker TEXT NOT NULL, term_party TEXT NOT NULL,
  signature {BYTES} NOT NULL CHECK (length(signature) = 64), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (amendment_id, term_party), CHECK (term_party <> maker),
  FOREIGN KEY (amendment_id, agreement_id, maker) REFERENCES amendment (id, agreement_id, maker),
  FOREIGN KEY (agreement_id, term_party) REFERENCES agreement_party (agreement_id, term_party)
){STRICT_KEYED}
;;
CREATE TABLE amendment_start (
  amendment_id {BIGINT} PRIMARY KEY, agreement_id {BIGINT} NOT NULL, ordinal {SMALLINT} NOT NULL CHECK (ordinal > 0),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (agreement_id, ordinal),
  FOREIGN KEY (amendment_id, agreement_id) REFERENCES amendment (id, agreement_id)
){STRICT}
;;
CREATE TABLE dataset (
  id {ID}, agreement_id {BIGINT} NOT NULL REFERENCES agreement, code TEXT NOT NULL, size {BIGINT} NOT NULL CHECK (size >= 0),
  sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32), source_sha256 {BYTES} NOT NULL CHECK (length(source_sha256) = 32),
  body {BYTES} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (agreement_id, code), UNIQUE (id, agreement_id)
){STRICT}
;;
CREATE TABLE outcome_row (
  dataset_id {BIGINT} NOT NULL, agreement_id {BIGINT} NOT NULL, no {BIGINT} NOT NULL CHECK (no > 0),
  person {BYTES} NOT NULL CHECK (length(person) = 16), metric TEXT NOT NULL, period TEXT NOT NULL, members TEXT NOT NULL,
  achieved_on TEXT NOT NULL, quantity {BIGINT} NOT NULL, nth {SMALLINT} NOT NULL CHECK (nth > 0),
  life {SMALLINT} NOT NULL CHECK (life >= 0), PRIMARY KEY (dataset_id, no), UNIQUE (agreement_id, person, metric, members, nth, life),
  FOREIGN KEY (dataset_id, agreement_id) REFERENCES dataset (id, agreement_id)
){STRICT_KEYED}
;;
CREATE TABLE claim (
  id {ID}, agreement_id {BIGINT} NOT NULL, active_no {SMALLINT} NOT NULL, active_state TEXT NOT NULL CHECK (active_state = 'active'),
  code TEXT NOT NULL, body {BYTES} NOT NULL, sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32),
  claimed_by {BIGINT} NOT NULL REFERENCES party, dataset_id {BIGINT}, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  UNIQUE (agreement_id, code), UNIQUE (id, agreement_id), UNIQUE (id, claimed_by),
  FOREIGN KEY (agreement_id, active_no, active_state) REFERENCES agreement_move (agreement_id, no, state),
  FOREIGN KEY (dataset_id, agreement_id) REFERENCES dataset (id, agreement_id)
){STRICT}
;;
CREATE TABLE evidence (
  id {ID}, claim_id {BIGINT} NOT NULL REFERENCES claim, sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32),
  media_type TEXT NOT NULL, method TEXT NOT NULL, description TEXT NOT NULL, held_by TEXT NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (claim_id, sha256), UNIQUE (id, claim_id)
){STRICT}
;;
CREATE TABLE claim_question (
  id {ID}, claim_id {BIGINT} NOT NULL, agreement_id {BIGINT} NOT NULL, code TEXT NOT NULL, asked_by {BIGINT} NOT NULL,
  duty TEXT NOT NULL CHECK (duty IN ('verifier','resolver')), body {BYTES} NOT NULL, answer_by {DAY},
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (claim_id, code), UNIQUE (id, claim_id),
  FOREIGN KEY (claim_id, agreement_id) REFERENCES claim (id, agreement_id),
  FOREIGN KEY (agreement_id, asked_by, duty) REFERENCES agreement_duty (agreement_id, party_id, duty)
){STRICT}
;;
CREATE TABLE claim_answer (
  question_id {BIGINT} PRIMARY KEY, claim_id {BIGINT} NOT NULL, answered_by {BIGINT} NOT NULL, body {BYTES} NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, FOREIGN KEY (question_id, claim_id) REFERENCES claim_question (id, claim_id),
  FOREIGN KEY (claim_id, answered_by) REFERENCES claim (id, claimed_by)
){STRICT_KEYED}
;;
CREATE TABLE determination (
  id {ID}, claim_id {BIGINT} NOT NULL, agreement_id {BIGINT} NOT NULL, round {SMALLINT} NOT NULL CHECK (round > 0),
  verifier_id {BIGINT} NOT NULL, duty TEXT NOT NULL CHECK (duty IN ('verifier','resolver')), evidence_id {BIGINT} NOT NULL,
  body {BYTES} NOT NULL, sha256 {BYTES} NOT NULL UNIQUE CHECK (length(sha256) = 32), signature {BYTES} NOT NULL CHECK (length(signature) = 64),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (claim_id, round, verifier_id),
  FOREIGN KEY (claim_id, agreement_id) REFERENCES claim (id, agreement_id),
  FOREIGN KEY (evidence_id, claim_id) REFERENCES evidence (id, claim_id),
  FOREIGN KEY (agreement_id, verifier_id, duty) REFERENCES agreement_duty (agreement_id, party_id, duty)
){STRICT}
;;
CREATE TABLE decision (
  claim_id {BIGINT} NOT NULL, round {SMALLINT} NOT NULL CHECK (round > 0), agreement_id {BIGINT} NOT NULL, body {BYTES} NOT NULL,
  decided_on {DAY} NOT NULL, open_until {DAY} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (claim_id, round), UNIQUE (claim_id, round, agreement_id), CHECK (open_until >= decided_on),
  FOREIGN KEY (claim_id, agreement_id) REFERENCES claim (id, agreement_id)
){STRICT_KEYED}
;;
CREATE TABLE waiver (
  claim_id {BIGINT} NOT NULL, round {SMALLINT} NOT NULL, agreement_id {BIGINT} NOT NULL, term_party TEXT NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (claim_id, round, term_party),
  FOREIGN KEY (claim_id, round, agreement_id) REFERENCES decision (claim_id, round, agreement_id),
  FOREIGN KEY (agreement_id, term_party) REFERENCES agreement_party (agreement_id, term_party)
){STRICT_KEYED}
;;
CREATE TABLE dispute (
  id {ID}, claim_id {BIGINT} NOT NULL, agreement_id {BIGINT} NOT NULL, round {SMALLINT} NOT NULL CHECK (round > 0), code TEXT NOT NULL,
  grounds TEXT NOT NULL, raised_by TEXT NOT NULL, statement TEXT NOT NULL, evidence_sha256 {BYTES} CHECK (length(evidence_sha256) = 32),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (claim_id, round), UNIQUE (agreement_id, code), UNIQUE (id, agreement_id),
  FOREIGN KEY (claim_id, agreement_id) REFERENCES claim (id, agreement_id),
  FOREIGN KEY (agreement_id, raised_by) REFERENCES agreement_party (agreement_id, term_party)
){STRICT}
;;
CREATE TABLE frozen (
  dispute_id {BIGINT} NOT NULL, agreement_id {BIGINT} NOT NULL, payer TEXT NOT NULL, unit TEXT NOT NULL,
  amount {BIGINT} NOT NULL CHECK (amount BETWEEN 1 AND {M62}), body {BYTES} NOT NULL, txn_id {UUID} NOT NULL UNIQUE REFERENCES txn, PRIMARY KEY (dispute_id, payer, unit),
  FOREIGN KEY (dispute_id, agreement_id) REFERENCES dispute (id, agreement_id),
  FOREIGN KEY (agreement_id, payer, unit) REFERENCES agreement_source (agreement_id, payer, unit)
){STRICT_KEYED}
;;
CREATE TABLE resolution (
  dispute_id {BIGINT} PRIMARY KEY, agreement_id {BIGINT} NOT NULL, outcome TEXT NOT NULL CHECK (outcome IN ('upheld','overturned','partly')),
  resolver_id {BIGINT} NOT NULL, duty TEXT NOT NULL CHECK (duty = 'resolver'), reason TEXT NOT NULL,
  body {BYTES} NOT NULL, signature {BYTES} NOT NULL CHECK (length(signature) = 64), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  FOREIGN KEY (dispute_id, agreement_id) REFERENCES dispute (id, agreement_id),
  FOREIGN KEY (agreement_id, resolver_id, duty) REFERENCES agreement_duty (agreement_id, party_id, duty)
){STRICT}
;;
CREATE TABLE thaw (
  dispute_id {BIGINT} NOT NULL REFERENCES resolution (dispute_id), payer TEXT NOT NULL, unit TEXT NOT NULL,
  txn_id {UUID} NOT NULL UNIQUE REFERENCES txn, PRIMARY KEY (dispute_id, payer, unit),
  FOREIGN KEY (dispute_id, payer, unit) REFERENCES frozen (dispute_id, payer, unit)
){STRICT_KEYED}
;;
CREATE TABLE settlement (
  id {ID}, agreement_id {BIGINT} NOT NULL REFERENCES agreement, position {BIGINT} NOT NULL CHECK (position > 0),
  cause TEXT NOT NULL CHECK (cause IN ('determination','resolution','amendment','calendar')), claim_id {BIGINT}, round {SMALLINT},
  amendment_id {BIGINT} UNIQUE REFERENCES amendment_start (amendment_id), as_of {DAY} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  UNIQUE (agreement_id, position), UNIQUE (id, agreement_id), UNIQUE (claim_id, round),
  CHECK ((cause IN ('determination','resolution')) = (claim_id IS NOT NULL)), CHECK ((claim_id IS NULL) = (round IS NULL)),
  CHECK ((cause = 'amendment') = (amendment_id IS NOT NULL)),
  FOREIGN KEY (claim_id, round, agreement_id) REFERENCES decision (claim_id, round, agreement_id)
){STRICT}
;;
CREATE TABLE entitlement (
  settlement_id {BIGINT} NOT NULL REFERENCES settlement, clause TEXT NOT NULL, period TEXT NOT NULL, members TEXT NOT NULL,
  earned {BIGINT} NOT NULL CHECK (earned BETWEEN -{M62} AND {M62}), entitled {BIGINT} NOT NULL CHECK (entitled BETWEEN -{M62} AND {M62}),
  due {BIGINT} NOT NULL CHECK (due BETWEEN -{M62} AND {M62}), cuts {BYTES} NOT NULL, trace {BYTES} NOT NULL,
  PRIMARY KEY (settlement_id, clause, period, members)
){STRICT_KEYED}
;;
CREATE TABLE obligation (
  settlement_id {BIGINT} NOT NULL REFERENCES settlement, clause TEXT NOT NULL, period TEXT NOT NULL, members TEXT NOT NULL,
  payer TEXT NOT NULL, payee TEXT NOT NULL, due {BIGINT} NOT NULL CHECK (due <> 0 AND due BETWEEN -{M62} AND {M62}),
  PRIMARY KEY (settlement_id, clause, period, members, payer, payee),
  FOREIGN KEY (settlement_id, clause, period, members) REFERENCES entitlement (settlement_id, clause, period, members)
){STRICT_KEYED}
;;
CREATE TABLE payout (
  id {UUID} PRIMARY KEY, settlement_id {BIGINT} NOT NULL, agreement_id {BIGINT} NOT NULL, clause TEXT NOT NULL, period TEXT NOT NULL,
  payer TEXT NOT NULL, payee TEXT NOT NULL, payee_id {BIGINT} REFERENCES party, unit TEXT NOT NULL REFERENCES unit,
  amount {BIGINT} NOT NULL CHECK (amount BETWEEN 1 AND {M62}), direction TEXT NOT NULL CHECK (direction IN ('out','back')),
  route TEXT NOT NULL CHECK (route IN ('fund','pot','outside')), UNIQUE (settlement_id, clause, period, payer, payee),
  UNIQUE (id, direction), UNIQUE (id, amount), CHECK (route = 'pot' OR payee_id IS NOT NULL),
  FOREIGN KEY (settlement_id, agreement_id) REFERENCES settlement (id, agreement_id)
){STRICT_KEYED}
;;
CREATE INDEX payout_by_agreement ON payout (agreement_id)
;;
CREATE INDEX payout_by_payee ON payout (payee_id)
;;
CREATE TABLE payout_paid (
  payout_id {UUID} NOT NULL, direction TEXT NOT NULL, n {SMALLINT} NOT NULL CHECK (n > 0), whole {BIGINT},
  amount {BIGINT} NOT NULL CHECK (amount BETWEEN 1 AND {M62}), txn_id {UUID} NOT NULL UNIQUE REFERENCES txn, PRIMARY KEY (payout_id, n),
  CHECK (direction = 'back' OR n = 1), CHECK ((direction = 'out') = (whole IS NOT NULL)), CHECK (whole IS NULL OR whole = amount),
  FOREIGN KEY (payout_id, direction) REFERENCES payout (id, direction), FOREIGN KEY (payout_id, whole) REFERENCES payout (id, amount)
){STRICT_KEYED}
;;
CREATE TABLE payout_wait (
  payout_id {UUID} NOT NULL REFERENCES payout, n {SMALLINT} NOT NULL CHECK (n > 0),
  proposal_id {UUID} NOT NULL UNIQUE REFERENCES proposal, PRIMARY KEY (payout_id, n)
){STRICT_KEYED}
;;
CREATE TABLE payout_void (
  payout_id {UUID} PRIMARY KEY REFERENCES payout, event_id {UUID} NOT NULL UNIQUE REFERENCES event
){STRICT_KEYED}
;;
