-- Agreements, their parties and duties, claims, evidence, determinations and settlements.
-- agreement_duty gives each party exactly one duty in an agreement, so whoever has money in it cannot verify it.
CREATE TABLE agreement (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, fund_id {BIGINT} NOT NULL, code TEXT NOT NULL,
  terms {BYTES} NOT NULL, terms_sha256 {BYTES} NOT NULL CHECK (length(terms_sha256) = 32),
  unit TEXT NOT NULL REFERENCES unit, maximum {BIGINT} NOT NULL CHECK (maximum BETWEEN 0 AND {M62}),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (book_id, code), UNIQUE (id, book_id),
  FOREIGN KEY (fund_id, book_id) REFERENCES fund (id, book_id)
){STRICT}
;;
CREATE TABLE agreement_duty (
  agreement_id {BIGINT} NOT NULL REFERENCES agreement, party_id {BIGINT} NOT NULL REFERENCES party,
  duty TEXT NOT NULL CHECK (duty IN ('interested','verifier')),
  PRIMARY KEY (agreement_id, party_id), UNIQUE (agreement_id, party_id, duty)
){STRICT_KEYED}
;;
CREATE TABLE agreement_party (
  agreement_id {BIGINT} NOT NULL, term_party TEXT NOT NULL, role TEXT NOT NULL, party_id {BIGINT} NOT NULL,
  duty TEXT NOT NULL, CHECK ((role = 'evaluator') = (duty = 'verifier')),
  PRIMARY KEY (agreement_id, term_party),
  FOREIGN KEY (agreement_id, party_id, duty) REFERENCES agreement_duty (agreement_id, party_id, duty)
){STRICT_KEYED}
;;
CREATE TABLE agreement_signature (
  agreement_id {BIGINT} NOT NULL, term_party TEXT NOT NULL, signature {BYTES} NOT NULL CHECK (length(signature) = 64),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (agreement_id, term_party),
  FOREIGN KEY (agreement_id, term_party) REFERENCES agreement_party (agreement_id, term_party)
){STRICT_KEYED}
;;
CREATE TABLE agreement_start (
  agreement_id {BIGINT} PRIMARY KEY REFERENCES agreement, txn_id {UUID} NOT NULL UNIQUE REFERENCES txn
){STRICT}
;;
CREATE TABLE agreement_close (
  agreement_id {BIGINT} PRIMARY KEY REFERENCES agreement_start (agreement_id), event_id {UUID} NOT NULL UNIQUE REFERENCES event
){STRICT}
;;
CREATE TABLE claim (
  id {ID}, agreement_id {BIGINT} NOT NULL REFERENCES agreement_start (agreement_id), code TEXT NOT NULL, metric TEXT NOT NULL,
  period TEXT NOT NULL, value {BIGINT} NOT NULL, claimed_by {BIGINT} NOT NULL REFERENCES party,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (agreement_id, code), UNIQUE (id, agreement_id)
){STRICT}
;;
CREATE TABLE evidence (
  id {ID}, claim_id {BIGINT} NOT NULL REFERENCES claim, sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32),
  method TEXT NOT NULL, description TEXT NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (claim_id, sha256),
  UNIQUE (id, claim_id)
){STRICT}
;;
CREATE TABLE determination (
  claim_id {BIGINT} PRIMARY KEY, agreement_id {BIGINT} NOT NULL, verifier_id {BIGINT} NOT NULL,
  duty TEXT NOT NULL CHECK (duty = 'verifier'), evidence_id {BIGINT} NOT NULL, value {BIGINT} NOT NULL,
  body {BYTES} NOT NULL, signature {BYTES} NOT NULL CHECK (length(signature) = 64),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  FOREIGN KEY (claim_id, agreement_id) REFERENCES claim (id, agreement_id),
  FOREIGN KEY (evidence_id, claim_id) REFERENCES evidence (id, claim_id),
  FOREIGN KEY (agreement_id, verifier_id, duty) REFERENCES agreement_duty (agreement_id, party_id, duty)
){STRICT}
;;
CREATE TABLE settled (
  agreement_id {BIGINT} NOT NULL, position {BIGINT} NOT NULL CHECK (position > 0), claim_id {BIGINT} NOT NULL UNIQUE
    REFERENCES determination (claim_id), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (agreement_id, position), FOREIGN KEY (claim_id, agreement_id) REFERENCES claim (id, agreement_id)
){STRICT_KEYED}
;;
CREATE TABLE settlement (
  claim_id {BIGINT} NOT NULL REFERENCES settled (claim_id), clause TEXT NOT NULL, period TEXT NOT NULL,
  earned {BIGINT} NOT NULL CHECK (earned BETWEEN 0 AND {M62}), entitled {BIGINT} NOT NULL CHECK (entitled BETWEEN 0 AND {M62}),
  due {BIGINT} NOT NULL CHECK (due BETWEEN 0 AND {M62}), trace {BYTES} NOT NULL, txn_id {UUID} UNIQUE REFERENCES txn,
  PRIMARY KEY (claim_id, clause, period), CHECK ((due > 0) = (txn_id IS NOT NULL)), CHECK (entitled <= earned)
){STRICT_KEYED}
;;
