-- Tables of the money core. {TOKENS} are filled in for each database; a line ";;" ends a statement.
-- Side is +1 debit, -1 credit; amounts are positive except releases. Layers: S settled, P pending, E encumbered.
-- A transaction exists only with its txn_end row; inserting that row checks it whole and moves the balances.
-- txn.parent_id names what is posted, voided, expired or reversed; txn.corrects_id the reversed transaction it stands in for.
-- txn.refunds_id names the transaction whose money comes back: by a refund of it, or by a reversal of it or of a refund.
-- {STRICT_KEYED}: without SQLite's hidden rowid, by which INSERT OR REPLACE could delete another row.
CREATE TABLE unit (
  code TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('currency','in_kind','valued','outcome')),
  base_code TEXT REFERENCES unit,
  scale {SMALLINT} NOT NULL CHECK (scale BETWEEN 0 AND 9),
  UNIQUE (code, kind),
  CHECK ((kind = 'valued') = (base_code IS NOT NULL))
){STRICT_KEYED}
;;
CREATE TABLE book (
  id {ID}, code TEXT NOT NULL UNIQUE, base_unit TEXT NOT NULL REFERENCES unit
){STRICT}
;;
CREATE TABLE line (
  code TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('source','use','internal'))
){STRICT_KEYED}
;;
CREATE TABLE party (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, code TEXT NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('organisation','public_body','network','programme')),
  public_key {BYTES} CHECK (public_key IS NULL OR length(public_key) = 32),
  UNIQUE (book_id, code), UNIQUE (id, book_id)
){STRICT}
;;
CREATE TABLE fund (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, code TEXT NOT NULL, title TEXT NOT NULL,
  unit TEXT NOT NULL REFERENCES unit,
  draw_rule TEXT NOT NULL CHECK (draw_rule IN ('pro_rata','fifo')),
  UNIQUE (book_id, code), UNIQUE (id, book_id)
){STRICT}
;;
CREATE TABLE earmark (
  id {ID}, book_id {BIGINT} NOT NULL REFERENCES book, code TEXT NOT NULL, wider_id {BIGINT}, terms {BYTES} NOT NULL,
  terms_sha256 {BYTES} NOT NULL CHECK (length(terms_sha256) = 32), valid_until {DAY},
  UNIQUE (book_id, code), UNIQUE (id, book_id),
  FOREIGN KEY (wider_id, book_id) REFERENCES earmark (id, book_id)
){STRICT}
;;
CREATE TABLE earmark_scope (
  wider_id {BIGINT} NOT NULL REFERENCES earmark, narrower_id {BIGINT} NOT NULL REFERENCES earmark,
  PRIMARY KEY (wider_id, narrower_id)
){STRICT_KEYED}
;;
CREATE INDEX earmark_scope_by_narrower ON earmark_scope (narrower_id)
;;
CREATE TABLE account (
  id {ID}, book_id {BIGINT} NOT NULL, fund_id {BIGINT}, path TEXT NOT NULL, unit TEXT NOT NULL REFERENCES unit,
  earmark_id {BIGINT} NOT NULL, normal {SMALLINT} NOT NULL CHECK (normal IN (1,-1)), floor {BIGINT},
  role TEXT NOT NULL CHECK (role IN ('cash','pool','obligation','holder','memo')),
  UNIQUE (book_id, path, unit, earmark_id),
  CHECK (role <> 'pool' OR (normal = -1 AND floor IS NOT NULL AND floor >= 0 AND fund_id IS NOT NULL)),
  FOREIGN KEY (fund_id, book_id) REFERENCES fund (id, book_id),
  FOREIGN KEY (earmark_id, book_id) REFERENCES earmark (id, book_id)
){STRICT}
;;
CREATE TABLE balance (
  account_id {BIGINT} PRIMARY KEY REFERENCES account, normal {SMALLINT} NOT NULL, floor {BIGINT},
  settled_dr {BIGINT} NOT NULL DEFAULT 0 CHECK (settled_dr BETWEEN 0 AND {M62}),
  settled_cr {BIGINT} NOT NULL DEFAULT 0 CHECK (settled_cr BETWEEN 0 AND {M62}),
  pending_dr {BIGINT} NOT NULL DEFAULT 0 CHECK (pending_dr BETWEEN 0 AND {M62}),
  pending_cr {BIGINT} NOT NULL DEFAULT 0 CHECK (pending_cr BETWEEN 0 AND {M62}),
  encumbered_dr {BIGINT} NOT NULL DEFAULT 0 CHECK (encumbered_dr BETWEEN 0 AND {M62}),
  encumbered_cr {BIGINT} NOT NULL DEFAULT 0 CHECK (encumbered_cr BETWEEN 0 AND {M62}),
  version {BIGINT} NOT NULL DEFAULT 0, last_txn {UUID},
  CONSTRAINT floor_held CHECK (floor IS NULL OR normal * (settled_dr - settled_cr)
    - CASE normal WHEN 1 THEN pending_cr + encumbered_cr ELSE pending_dr + encumbered_dr END >= floor)
){STRICT}
;;
CREATE TABLE event (
  id {UUID} PRIMARY KEY, book_id {BIGINT} NOT NULL REFERENCES book, kind TEXT NOT NULL,
  canon {SMALLINT} NOT NULL CHECK (canon = 1), body {BYTES} NOT NULL,
  leaf_sha256 {BYTES} NOT NULL CHECK (length(leaf_sha256) = 32){LEAF_CHECK},
  recorded_at {INSTANT} NOT NULL
){STRICT_KEYED}
;;
CREATE TABLE period (
  book_id {BIGINT} NOT NULL REFERENCES book, closed_through {DAY} NOT NULL, event_id {UUID} NOT NULL REFERENCES event,
  PRIMARY KEY (book_id, closed_through)
){STRICT_KEYED}
;;
CREATE TABLE proposal (
  id {UUID} PRIMARY KEY REFERENCES event, book_id {BIGINT} NOT NULL REFERENCES book, payload {BYTES} NOT NULL,
  payload_sha256 {BYTES} NOT NULL CHECK (length(payload_sha256) = 32){PAYLOAD_CHECK}, maker TEXT NOT NULL,
  UNIQUE (id, book_id, maker, payload_sha256), FOREIGN KEY (book_id, maker) REFERENCES party (book_id, code)
){STRICT_KEYED}
;;
CREATE TABLE approval (
  proposal_id {UUID} NOT NULL, book_id {BIGINT} NOT NULL, maker TEXT NOT NULL, payload_sha256 {BYTES} NOT NULL,
  approver TEXT NOT NULL, signature {BYTES} CHECK (signature IS NULL OR length(signature) = 64),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (proposal_id, approver), CHECK (approver <> maker),
  FOREIGN KEY (proposal_id, book_id, maker, payload_sha256) REFERENCES proposal (id, book_id, maker, payload_sha256),
  FOREIGN KEY (book_id, approver) REFERENCES party (book_id, code)
){STRICT_KEYED}
;;
CREATE TABLE rejection (
  proposal_id {UUID} PRIMARY KEY, book_id {BIGINT} NOT NULL, maker TEXT NOT NULL, payload_sha256 {BYTES} NOT NULL,
  party TEXT NOT NULL, reason TEXT NOT NULL CHECK (reason <> ''), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  FOREIGN KEY (proposal_id, book_id, maker, payload_sha256) REFERENCES proposal (id, book_id, maker, payload_sha256),
  FOREIGN KEY (book_id, party) REFERENCES party (book_id, code)
){STRICT_KEYED}
;;
CREATE TABLE approval_policy (
  book_id {BIGINT} NOT NULL REFERENCES book, kind TEXT NOT NULL, unit TEXT NOT NULL REFERENCES unit,
  from_minor {BIGINT} NOT NULL CHECK (from_minor >= 0), quorum {SMALLINT} NOT NULL CHECK (quorum >= 0),
  since {INSTANT} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  PRIMARY KEY (book_id, kind, unit, from_minor, since)
){STRICT_KEYED}
;;
CREATE TABLE txn (
  id {UUID} PRIMARY KEY, book_id {BIGINT} NOT NULL REFERENCES book,
  act TEXT NOT NULL CHECK (act IN ('posted','pending','post','void','expire','reverse','refused')), kind TEXT NOT NULL,
  client TEXT NOT NULL, idem_key TEXT NOT NULL, request_sha256 {BYTES} NOT NULL CHECK (length(request_sha256) = 32),
  effective_on {DAY} NOT NULL, recorded_at {INSTANT} NOT NULL, expires_at {INSTANT}, refusal TEXT,
  parent_id {UUID} REFERENCES txn, refunds_id {UUID} REFERENCES txn, corrects_id {UUID} REFERENCES txn,
  proposal_id {UUID} UNIQUE REFERENCES proposal,
  UNIQUE (book_id, client, idem_key),
  CHECK ((act IN ('post','void','expire','reverse')) = (parent_id IS NOT NULL)),
  CHECK (act <> 'reverse' OR refunds_id IS NOT NULL),
  CHECK (act NOT IN ('pending','post','void','expire') OR refunds_id IS NULL),
  CHECK ((act = 'refused') = (refusal IS NOT NULL)), CHECK ((act = 'pending') = (expires_at IS NOT NULL)),
  CHECK (expires_at IS NULL OR expires_at > recorded_at), CHECK (corrects_id IS NULL OR act IN ('posted','refused')),
  CHECK (act <> 'refused' OR proposal_id IS NULL),
  FOREIGN KEY (id) REFERENCES event DEFERRABLE INITIALLY DEFERRED{TXN_IS_ENDED}
){STRICT_KEYED}
;;
CREATE UNIQUE INDEX txn_resolved_once ON txn (parent_id) WHERE act IN ('post','void','expire')
;;
CREATE UNIQUE INDEX txn_reversed_once ON txn (parent_id) WHERE act = 'reverse'
;;
CREATE INDEX txn_expiring ON txn (book_id, expires_at) WHERE act = 'pending'
;;
CREATE INDEX txn_refunding ON txn (refunds_id) WHERE refunds_id IS NOT NULL
;;
CREATE INDEX txn_by_day ON txn (book_id, effective_on)
;;
CREATE TABLE posting (
  txn_id {UUID} NOT NULL REFERENCES txn, seq {SMALLINT} NOT NULL CHECK (seq > 0),
  account_id {BIGINT} NOT NULL REFERENCES account, layer TEXT NOT NULL CHECK (layer IN ('S','P','E')),
  side {SMALLINT} NOT NULL CHECK (side IN (1,-1)), line TEXT NOT NULL REFERENCES line,
  amount {BIGINT} NOT NULL CHECK (amount <> 0 AND amount BETWEEN -{M62} AND {M62}),
  CHECK (layer <> 'S' OR amount > 0), PRIMARY KEY (txn_id, seq)
){STRICT_KEYED}
;;
CREATE INDEX posting_by_account ON posting (account_id)
;;
CREATE TABLE txn_end ({TXN_END}){STRICT}
;;
CREATE TABLE contribution (
  id {ID}, book_id {BIGINT} NOT NULL, fund_id {BIGINT} NOT NULL, party_id {BIGINT} NOT NULL,
  code TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('cash','in_kind','income','released')),
  unit TEXT NOT NULL REFERENCES unit, earmark_id {BIGINT} NOT NULL, available_until {DAY},
  released_from {BIGINT}, consent_sha256 {BYTES} CHECK (consent_sha256 IS NULL OR length(consent_sha256) = 32),
  UNIQUE (book_id, code), UNIQUE (id, party_id), UNIQUE (id, party_id, fund_id, unit),
  CHECK ((kind = 'released') = (released_from IS NOT NULL)), CHECK ((kind = 'released') = (consent_sha256 IS NOT NULL)),
  CHECK (kind = 'in_kind' OR available_until IS NULL),
  FOREIGN KEY (released_from, party_id, fund_id, unit) REFERENCES contribution (id, party_id, fund_id, unit),
  FOREIGN KEY (fund_id, book_id) REFERENCES fund (id, book_id),
  FOREIGN KEY (party_id, book_id) REFERENCES party (id, book_id),
  FOREIGN KEY (earmark_id, book_id) REFERENCES earmark (id, book_id)
){STRICT}
;;
-- What is left of a contribution in a pool; what of it came in there, less what of that was undone, and on which day first.
CREATE TABLE lot (
  account_id {BIGINT} NOT NULL REFERENCES account, contribution_id {BIGINT} NOT NULL REFERENCES contribution,
  remaining {BIGINT} NOT NULL DEFAULT 0 CHECK (remaining BETWEEN 0 AND {M62}), version {BIGINT} NOT NULL DEFAULT 0,
  last_txn {UUID}, received {BIGINT} NOT NULL DEFAULT 0 CHECK (received BETWEEN -{M62} AND {M62}), first_on {DAY}, PRIMARY KEY (account_id, contribution_id)
){STRICT_KEYED}
;;
-- What a pool has settled by line, credits positive: where a fund stands does not depend on how long it has been open.
CREATE TABLE line_total (
  account_id {BIGINT} NOT NULL REFERENCES account, line TEXT NOT NULL REFERENCES line,
  total {BIGINT} NOT NULL DEFAULT 0 CHECK (total BETWEEN -{M62} AND {M62}), version {BIGINT} NOT NULL DEFAULT 0,
  last_txn {UUID}, PRIMARY KEY (account_id, line)
){STRICT_KEYED}
;;
-- The same for each day, of pools and of cash: what a statement of some days says does not depend on how much was posted.
CREATE TABLE day_total (
  account_id {BIGINT} NOT NULL REFERENCES account, effective_on {DAY} NOT NULL, line TEXT NOT NULL REFERENCES line,
  total {BIGINT} NOT NULL DEFAULT 0 CHECK (total BETWEEN -{M62} AND {M62}), version {BIGINT} NOT NULL DEFAULT 0,
  last_txn {UUID}, PRIMARY KEY (account_id, effective_on, line)
){STRICT_KEYED}
;;
CREATE TABLE draw (
  txn_id {UUID} NOT NULL, seq {SMALLINT} NOT NULL, contribution_id {BIGINT} NOT NULL REFERENCES contribution,
  amount {BIGINT} NOT NULL CHECK (amount > 0), PRIMARY KEY (txn_id, seq, contribution_id),
  FOREIGN KEY (txn_id, seq) REFERENCES posting
){STRICT_KEYED}
;;
CREATE INDEX draw_by_contribution ON draw (contribution_id)
;;
CREATE TABLE fx_rate (
  id {UUID} PRIMARY KEY REFERENCES event,
  base_unit TEXT NOT NULL, base_kind TEXT NOT NULL CHECK (base_kind = 'currency'),
  quote_unit TEXT NOT NULL, quote_kind TEXT NOT NULL CHECK (quote_kind = 'currency'),
  num {BIGINT} NOT NULL CHECK (num BETWEEN 1 AND 2147483647), den {BIGINT} NOT NULL CHECK (den BETWEEN 1 AND 2147483647),
  as_of {DAY} NOT NULL, source TEXT NOT NULL CHECK (source <> ''),
  CHECK (base_unit <> quote_unit), UNIQUE (id, num, den), UNIQUE (base_unit, quote_unit, as_of, source),
  FOREIGN KEY (base_unit, base_kind) REFERENCES unit (code, kind),
  FOREIGN KEY (quote_unit, quote_kind) REFERENCES unit (code, kind)
){STRICT_KEYED}
;;
CREATE TABLE fx_conversion (
  txn_id {UUID} NOT NULL REFERENCES txn, n {SMALLINT} NOT NULL CHECK (n = 1), rate_id {UUID} NOT NULL,
  num {BIGINT} NOT NULL, den {BIGINT} NOT NULL,
  sold_minor {BIGINT} NOT NULL CHECK (sold_minor BETWEEN 1 AND {M62}),
  bought_minor {BIGINT} NOT NULL CHECK (bought_minor BETWEEN 1 AND {M62}),
  rounding TEXT NOT NULL CHECK (rounding IN ('down','up','half_even')),
  PRIMARY KEY (txn_id, n), FOREIGN KEY (rate_id, num, den) REFERENCES fx_rate (id, num, den),
  CHECK (bought_minor - (sold_minor / den * num + sold_minor % den * num / den) = CASE
    WHEN sold_minor % den * num % den = 0 OR rounding = 'down' THEN 0
    WHEN rounding = 'up' OR 2 * (sold_minor % den * num % den) > den THEN 1
    WHEN 2 * (sold_minor % den * num % den) < den THEN 0
    ELSE (sold_minor / den * num + sold_minor % den * num / den) % 2 END)
){STRICT_KEYED}
;;
CREATE TABLE valuation (
  id {UUID} PRIMARY KEY REFERENCES event, contribution_id {BIGINT} NOT NULL, contributor_id {BIGINT} NOT NULL,
  unit TEXT NOT NULL, unit_kind TEXT NOT NULL CHECK (unit_kind = 'in_kind'),
  value_unit TEXT NOT NULL, value_kind TEXT NOT NULL CHECK (value_kind = 'valued'),
  price_num {BIGINT} NOT NULL CHECK (price_num > 0), price_den {BIGINT} NOT NULL CHECK (price_den > 0),
  method TEXT NOT NULL CHECK (method IN ('market','replacement','cost','agreed')),
  haircut_bp {SMALLINT} NOT NULL CHECK (haircut_bp BETWEEN 0 AND 10000),
  valued_by {BIGINT} NOT NULL REFERENCES party, valued_on {DAY} NOT NULL, expires_on {DAY},
  evidence_sha256 {BYTES} NOT NULL CHECK (length(evidence_sha256) = 32), supersedes_id {UUID} UNIQUE,
  UNIQUE (id, contribution_id), CHECK (valued_by <> contributor_id), CHECK (expires_on IS NULL OR expires_on > valued_on),
  FOREIGN KEY (supersedes_id, contribution_id) REFERENCES valuation (id, contribution_id),
  FOREIGN KEY (contribution_id, contributor_id) REFERENCES contribution (id, party_id),
  FOREIGN KEY (unit, unit_kind) REFERENCES unit (code, kind),
  FOREIGN KEY (value_unit, value_kind) REFERENCES unit (code, kind)
){STRICT_KEYED}
;;
CREATE UNIQUE INDEX valuation_begins_once ON valuation (contribution_id) WHERE supersedes_id IS NULL
;;
CREATE TABLE tie (
  id {ID}, book_id {BIGINT} NOT NULL, from_id {BIGINT} NOT NULL, to_id {BIGINT} NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('owns','controls','belongs_to','works_for','supplies','family')),
  since {DAY} NOT NULL, source TEXT NOT NULL CHECK (source <> ''), event_id {UUID} NOT NULL UNIQUE REFERENCES event,
  CHECK (from_id <> to_id), UNIQUE (from_id, to_id, kind, since),
  FOREIGN KEY (from_id, book_id) REFERENCES party (id, book_id), FOREIGN KEY (to_id, book_id) REFERENCES party (id, book_id)
){STRICT}
;;
CREATE TABLE tie_end (
  tie_id {BIGINT} PRIMARY KEY REFERENCES tie, ended_on {DAY} NOT NULL, event_id {UUID} NOT NULL UNIQUE REFERENCES event
){STRICT}
;;
