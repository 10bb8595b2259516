-- Challenges: briefs, applications with their findings, scores, ballots and awards.
CREATE TABLE challenge (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, fund_id {BIGINT} NOT NULL, code TEXT NOT NULL,
  brief {BYTES} NOT NULL, brief_sha256 {BYTES} NOT NULL CHECK (length(brief_sha256) = 32),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (book_id, code),
  FOREIGN KEY (fund_id, book_id) REFERENCES fund (id, book_id)
){STRICT}
;;
CREATE TABLE application (
  id {ID}, challenge_id {BIGINT} NOT NULL REFERENCES challenge, code TEXT NOT NULL, lead TEXT NOT NULL,
  body {BYTES} NOT NULL, body_sha256 {BYTES} NOT NULL CHECK (length(body_sha256) = 32),
  finding TEXT NOT NULL CHECK (finding IN ('pass','needs_document','fail')), received_at {INSTANT} NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  UNIQUE (challenge_id, code), UNIQUE (id, challenge_id), UNIQUE (id, finding)
){STRICT}
;;
CREATE TABLE score (
  application_id {BIGINT} NOT NULL, finding TEXT NOT NULL CHECK (finding = 'pass'), judge TEXT NOT NULL, trait TEXT NOT NULL,
  steps {BIGINT}, event_id {UUID} NOT NULL REFERENCES event, PRIMARY KEY (application_id, judge, trait),
  FOREIGN KEY (application_id, finding) REFERENCES application (id, finding)
){STRICT_KEYED}
;;
CREATE TABLE ballot (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, judge TEXT NOT NULL, body {BYTES} NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, judge)
){STRICT_KEYED}
;;
CREATE TABLE award (
  application_id {BIGINT} NOT NULL, challenge_id {BIGINT} NOT NULL, finding TEXT NOT NULL CHECK (finding = 'pass'),
  prize {BIGINT} NOT NULL CHECK (prize >= 0), amount {BIGINT} NOT NULL CHECK (amount > 0), unit TEXT NOT NULL REFERENCES unit,
  rule TEXT NOT NULL, rank {BIGINT}, reason TEXT NOT NULL CHECK (reason <> ''), txn_id {UUID} NOT NULL UNIQUE REFERENCES txn,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (application_id, prize), FOREIGN KEY (application_id, challenge_id) REFERENCES application (id, challenge_id),
  FOREIGN KEY (application_id, finding) REFERENCES application (id, finding)
){STRICT_KEYED}
;;
