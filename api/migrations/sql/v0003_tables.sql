-- Challenges: briefs, applications with their findings, judges and interests, reads, calibrations, ballots, awards and appeals.
CREATE TABLE challenge (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, fund_id {BIGINT} NOT NULL, code TEXT NOT NULL,
  judging TEXT NOT NULL CHECK (judging IN ('open','assigned')), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  UNIQUE (book_id, code), UNIQUE (id, judging), FOREIGN KEY (fund_id, book_id) REFERENCES fund (id, book_id)
){STRICT}
;;
CREATE TABLE brief (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, version {BIGINT} NOT NULL CHECK (version >= 1),
  kind TEXT NOT NULL CHECK (kind IN ('first','editorial','material')), body {BYTES} NOT NULL,
  body_sha256 {BYTES} NOT NULL CHECK (length(body_sha256) = 32), reason TEXT NOT NULL, maker TEXT NOT NULL, checker TEXT,
  effective_at {INSTANT} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, version),
  CHECK (kind <> 'material' OR (checker IS NOT NULL AND checker <> maker))
){STRICT_KEYED}
;;
CREATE TABLE challenge_move (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, state TEXT NOT NULL CHECK (state IN ('decided','settled','cancelled')),
  reason TEXT NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, state)
){STRICT_KEYED}
;;
CREATE TABLE notice (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, subject TEXT NOT NULL CHECK (subject <> ''), recipient TEXT NOT NULL CHECK (recipient <> ''),
  delivered_at {INSTANT} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, subject, recipient)
){STRICT_KEYED}
;;
CREATE TABLE draft (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, code TEXT NOT NULL, revision {BIGINT} NOT NULL CHECK (revision >= 1),
  editor TEXT NOT NULL, body {BYTES} NOT NULL, saved_at {INSTANT} NOT NULL, PRIMARY KEY (challenge_id, code, revision)
){STRICT_KEYED}
;;
CREATE TABLE accord (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, code TEXT NOT NULL, party TEXT NOT NULL,
  bundle_sha256 {BYTES} NOT NULL CHECK (length(bundle_sha256) = 32), signer TEXT NOT NULL CHECK (signer <> ''),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, code, party, bundle_sha256)
){STRICT_KEYED}
;;
CREATE TABLE application (
  id {ID}, challenge_id {BIGINT} NOT NULL REFERENCES challenge, code TEXT NOT NULL, lead TEXT NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (challenge_id, code), UNIQUE (id, challenge_id)
){STRICT}
;;
CREATE TABLE submission (
  application_id {BIGINT} NOT NULL, challenge_id {BIGINT} NOT NULL, number {BIGINT} NOT NULL CHECK (number >= 1), phase TEXT NOT NULL,
  version {BIGINT} NOT NULL, body {BYTES} NOT NULL, body_sha256 {BYTES} NOT NULL CHECK (length(body_sha256) = 32),
  received_at {INSTANT} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (application_id, number),
  FOREIGN KEY (application_id, challenge_id) REFERENCES application (id, challenge_id),
  FOREIGN KEY (challenge_id, version) REFERENCES brief (challenge_id, version)
){STRICT_KEYED}
;;
-- Whose submission it is, the lead first: asked at every check of conflicts, and by each hub for its own.
CREATE TABLE submission_party (
  application_id {BIGINT} NOT NULL, number {BIGINT} NOT NULL, seq {BIGINT} NOT NULL CHECK (seq >= 1), party TEXT NOT NULL,
  PRIMARY KEY (application_id, number, party), UNIQUE (application_id, number, seq),
  FOREIGN KEY (application_id, number) REFERENCES submission (application_id, number)
){STRICT_KEYED}
;;
CREATE INDEX submission_party_by_party ON submission_party (party)
;;
CREATE TABLE withdrawal (
  application_id {BIGINT} PRIMARY KEY REFERENCES application, reason TEXT NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event
){STRICT}
;;
CREATE TABLE applicant_fact (
  application_id {BIGINT} NOT NULL REFERENCES application, fact TEXT NOT NULL, seq {BIGINT} NOT NULL CHECK (seq >= 1), value TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('declared','recorded','confirmed')), stated_by TEXT NOT NULL CHECK (stated_by <> ''), evidence TEXT, evidence_sha256 {BYTES} CHECK (length(evidence_sha256) = 32),
  expires_on {DAY}, state TEXT NOT NULL CHECK (state IN ('kept','late')), received_at {INSTANT} NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (application_id, fact, seq)
){STRICT_KEYED}
;;
CREATE TABLE clause_waiver (
  application_id {BIGINT} NOT NULL REFERENCES application, clause TEXT NOT NULL, effect TEXT NOT NULL CHECK (effect IN ('lateness','clause')),
  reason TEXT NOT NULL CHECK (reason <> ''), maker TEXT NOT NULL, checker TEXT NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (application_id, clause, effect), CHECK (maker <> checker)
){STRICT_KEYED}
;;
CREATE TABLE finding (
  application_id {BIGINT} NOT NULL REFERENCES application, number {BIGINT} NOT NULL CHECK (number >= 1),
  status TEXT NOT NULL CHECK (status IN ('pass','needs_document','fail')), body {BYTES} NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (application_id, number), UNIQUE (application_id, number, status)
){STRICT_KEYED}
;;
CREATE TABLE identity_mark (
  book_id {BIGINT} NOT NULL REFERENCES book, holder TEXT NOT NULL CHECK (holder <> ''),
  kind TEXT NOT NULL CHECK (kind IN ('email','orcid','registry','name','alias')), value TEXT NOT NULL CHECK (value <> ''),
  organisation TEXT NOT NULL, verified {SMALLINT} NOT NULL CHECK (verified IN (0, 1)),
  birth_year {BIGINT} CHECK (birth_year BETWEEN 1800 AND 2200), source TEXT NOT NULL CHECK (source <> ''),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (book_id, holder, kind, value, organisation, verified),
  CHECK (kind = 'name' OR (birth_year IS NULL AND organisation = ''))
){STRICT_KEYED}
;;
CREATE TABLE interest (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, from_party TEXT NOT NULL CHECK (from_party <> ''),
  to_party TEXT NOT NULL CHECK (to_party <> ''), kind TEXT NOT NULL CHECK (kind IN ('employee','officer','director','agent','ownership',
    'other_financial_interest','family','financial_relationship','co_applicant','collaborator','adviser_student','same_organisation',
    'competitor','personal','evaluator_paid_by_outcome','administrator')), since {DAY}, until {DAY},
  declared_by TEXT NOT NULL CHECK (declared_by <> ''), source TEXT NOT NULL CHECK (source <> ''),
  confidence_bp {BIGINT} NOT NULL CHECK (confidence_bp BETWEEN 0 AND 10000), amount TEXT, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  CHECK (from_party <> to_party), CHECK (since IS NULL OR until IS NULL OR until >= since)
){STRICT}
;;
CREATE TABLE judge (
  id {ID}, challenge_id {BIGINT} NOT NULL REFERENCES challenge, party TEXT NOT NULL, organisation TEXT, load_lo {BIGINT} NOT NULL CHECK (load_lo >= 0),
  load_hi {BIGINT} NOT NULL, profile {BYTES} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  UNIQUE (challenge_id, party), UNIQUE (id, challenge_id), UNIQUE (id, party), CHECK (load_hi >= load_lo)
){STRICT}
;;
CREATE TABLE judge_declaration (
  judge_id {BIGINT} NOT NULL REFERENCES judge, actor TEXT NOT NULL CHECK (actor <> ''), kind TEXT NOT NULL CHECK (kind IN ('none',
    'employee','officer','director','agent','ownership','other_financial_interest','family','financial_relationship','co_applicant',
    'collaborator','adviser_student','same_organisation','competitor','personal','evaluator_paid_by_outcome','administrator')),
  event_id {UUID} NOT NULL REFERENCES event,
  PRIMARY KEY (judge_id, actor, kind)
){STRICT_KEYED}
;;
CREATE TABLE recusal (
  judge_id {BIGINT} NOT NULL REFERENCES judge, application_id {BIGINT} NOT NULL REFERENCES application, reason TEXT NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (judge_id, application_id)
){STRICT_KEYED}
;;
CREATE TABLE conflict_override (
  judge_id {BIGINT} NOT NULL REFERENCES judge, application_id {BIGINT} NOT NULL REFERENCES application, reason TEXT NOT NULL CHECK (reason <> ''),
  signer TEXT NOT NULL CHECK (signer <> ''), event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (judge_id, application_id)
){STRICT_KEYED}
;;
CREATE TABLE plan (
  id {ID}, challenge_id {BIGINT} NOT NULL REFERENCES challenge, phase TEXT NOT NULL, number {BIGINT} NOT NULL CHECK (number >= 1),
  body {BYTES} NOT NULL, body_sha256 {BYTES} NOT NULL CHECK (length(body_sha256) = 32), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  UNIQUE (challenge_id, phase, number)
){STRICT}
;;
CREATE TABLE assigned (
  plan_id {BIGINT} NOT NULL REFERENCES plan, application_id {BIGINT} NOT NULL REFERENCES application, judge_id {BIGINT} NOT NULL REFERENCES judge,
  PRIMARY KEY (plan_id, application_id, judge_id)
){STRICT_KEYED}
;;
CREATE TABLE plan_publication (
  plan_id {BIGINT} PRIMARY KEY REFERENCES plan, maker TEXT NOT NULL, checker TEXT, reason TEXT NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  CHECK (checker IS NULL OR checker <> maker)
){STRICT}
;;
CREATE TABLE entry_opening (
  plan_id {BIGINT} NOT NULL REFERENCES plan_publication (plan_id), application_id {BIGINT} NOT NULL, judge_id {BIGINT} NOT NULL,
  opened_at {INSTANT} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (plan_id, application_id, judge_id),
  FOREIGN KEY (plan_id, application_id, judge_id) REFERENCES assigned (plan_id, application_id, judge_id)
){STRICT_KEYED}
;;
CREATE TABLE judge_read (
  id {ID}, challenge_id {BIGINT} NOT NULL, judging TEXT NOT NULL, application_id {BIGINT} NOT NULL, finding_number {BIGINT} NOT NULL,
  finding TEXT NOT NULL CHECK (finding = 'pass'), phase TEXT NOT NULL, judge TEXT NOT NULL, judge_id {BIGINT}, plan_id {BIGINT}, rubric TEXT NOT NULL,
  revision {BIGINT} NOT NULL CHECK (revision >= 1), supersedes_id {BIGINT} UNIQUE REFERENCES judge_read, read_at {INSTANT} NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (application_id, phase, judge, revision),
  CHECK ((revision = 1) = (supersedes_id IS NULL)), CHECK (judging = 'open' OR (plan_id IS NOT NULL AND judge_id IS NOT NULL)),
  FOREIGN KEY (challenge_id, judging) REFERENCES challenge (id, judging),
  FOREIGN KEY (application_id, challenge_id) REFERENCES application (id, challenge_id),
  FOREIGN KEY (application_id, finding_number, finding) REFERENCES finding (application_id, number, status),
  FOREIGN KEY (judge_id, judge) REFERENCES judge (id, party),
  FOREIGN KEY (plan_id, application_id, judge_id) REFERENCES assigned (plan_id, application_id, judge_id),
  FOREIGN KEY (plan_id) REFERENCES plan_publication (plan_id)
){STRICT}
;;
CREATE TABLE score (
  read_id {BIGINT} NOT NULL REFERENCES judge_read, trait TEXT NOT NULL, steps {BIGINT}, remark TEXT NOT NULL, PRIMARY KEY (read_id, trait)
){STRICT_KEYED}
;;
CREATE TABLE read_void (
  read_id {BIGINT} PRIMARY KEY REFERENCES judge_read, reason TEXT NOT NULL CHECK (reason <> ''), event_id {UUID} NOT NULL UNIQUE REFERENCES event
){STRICT}
;;
CREATE TABLE calibration (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, phase TEXT NOT NULL, number {BIGINT} NOT NULL CHECK (number >= 1), body {BYTES} NOT NULL,
  body_sha256 {BYTES} NOT NULL CHECK (length(body_sha256) = 32), event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, phase, number)
){STRICT_KEYED}
;;
CREATE TABLE advancement (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, phase TEXT NOT NULL, number {BIGINT} NOT NULL CHECK (number >= 1),
  kind TEXT NOT NULL CHECK (kind IN ('committed','band','decided')), body {BYTES} NOT NULL, body_sha256 {BYTES} NOT NULL CHECK (length(body_sha256) = 32),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, phase, number)
){STRICT_KEYED}
;;
CREATE TABLE ballot (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, judge TEXT NOT NULL, body {BYTES} NOT NULL,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, judge)
){STRICT_KEYED}
;;
CREATE TABLE award (
  id {ID}, application_id {BIGINT} NOT NULL, challenge_id {BIGINT} NOT NULL, finding_number {BIGINT} NOT NULL,
  finding TEXT NOT NULL CHECK (finding = 'pass'), prize {BIGINT} NOT NULL CHECK (prize >= 0), part TEXT NOT NULL, number {BIGINT} NOT NULL CHECK (number >= 1),
  replaces_id {BIGINT} UNIQUE, amount {BIGINT} NOT NULL CHECK (amount >= 0), unit TEXT NOT NULL REFERENCES unit, rule TEXT NOT NULL, rank {BIGINT},
  reason TEXT NOT NULL CHECK (reason <> ''), maker TEXT NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  CHECK (amount > 0 OR rule = 'in_kind'), CHECK (rule <> 'discretionary' OR maker <> ''),
  UNIQUE (application_id, prize, part, number), CHECK ((number = 1) = (replaces_id IS NULL)),
  FOREIGN KEY (application_id, challenge_id) REFERENCES application (id, challenge_id),
  FOREIGN KEY (application_id, finding_number, finding) REFERENCES finding (application_id, number, status)
){STRICT}
;;
CREATE TABLE award_step (
  award_id {BIGINT} NOT NULL REFERENCES award, state TEXT NOT NULL CHECK (state IN ('approved','accepted','committed')), actor TEXT NOT NULL,
  txn_id {UUID} UNIQUE REFERENCES txn, event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (award_id, state),
  CHECK (txn_id IS NULL OR state = 'approved')
){STRICT_KEYED}
;;
CREATE TABLE award_end (
  award_id {BIGINT} PRIMARY KEY REFERENCES award, state TEXT NOT NULL CHECK (state IN ('declined','lapsed','reversed')), reason TEXT NOT NULL CHECK (reason <> ''),
  txn_id {UUID} UNIQUE REFERENCES txn, event_id {UUID} NOT NULL UNIQUE REFERENCES event
){STRICT}
;;
CREATE TABLE award_payment (
  award_id {BIGINT} NOT NULL REFERENCES award, number {BIGINT} NOT NULL CHECK (number >= 1), amount {BIGINT} NOT NULL CHECK (amount > 0),
  txn_id {UUID} NOT NULL UNIQUE REFERENCES txn, event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (award_id, number)
){STRICT_KEYED}
;;
CREATE TABLE prize_end (
  challenge_id {BIGINT} NOT NULL REFERENCES challenge, prize {BIGINT} NOT NULL CHECK (prize >= 0), rest {BIGINT} NOT NULL CHECK (rest >= 0),
  released {BIGINT} NOT NULL, unit TEXT NOT NULL REFERENCES unit, txn_id {UUID} UNIQUE REFERENCES txn,
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, PRIMARY KEY (challenge_id, prize),
  CHECK (released IN (0, rest)), CHECK ((released > 0) = (txn_id IS NOT NULL))
){STRICT_KEYED}
;;
CREATE TABLE appeal (
  id {ID}, challenge_id {BIGINT} NOT NULL, application_id {BIGINT} NOT NULL, ground TEXT NOT NULL, number {BIGINT} NOT NULL CHECK (number >= 1),
  body {BYTES} NOT NULL, filed_at {INSTANT} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event, UNIQUE (application_id, number),
  FOREIGN KEY (application_id, challenge_id) REFERENCES application (id, challenge_id)
){STRICT}
;;
CREATE TABLE award_hold (
  award_id {BIGINT} NOT NULL REFERENCES award, appeal_id {BIGINT} NOT NULL REFERENCES appeal, event_id {UUID} NOT NULL REFERENCES event,
  PRIMARY KEY (award_id, appeal_id)
){STRICT_KEYED}
;;
CREATE TABLE ruling (
  appeal_id {BIGINT} PRIMARY KEY REFERENCES appeal, upheld {SMALLINT} NOT NULL CHECK (upheld IN (0, 1)), ruled_by TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason <> ''), event_id {UUID} NOT NULL UNIQUE REFERENCES event
){STRICT}
;;
CREATE TABLE public_commitment (
  id {ID}, book_id {BIGINT} NOT NULL, code TEXT NOT NULL, party_id {BIGINT} NOT NULL, body {BYTES} NOT NULL,
  body_sha256 {BYTES} NOT NULL CHECK (length(body_sha256) = 32), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  UNIQUE (book_id, code), FOREIGN KEY (party_id, book_id) REFERENCES party (id, book_id)
){STRICT}
;;
