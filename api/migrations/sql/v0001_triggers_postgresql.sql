ALTER TABLE txn ADD CONSTRAINT txn_is_ended FOREIGN KEY (id) REFERENCES txn_end (txn_id) DEFERRABLE INITIALLY DEFERRED
;;
CREATE FUNCTION almoner_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'AL001'; END $$
;;
CREATE FUNCTION almoner_moved_by_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'TRUNCATE' OR TG_OP = 'DELETE' OR pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION 'only a txn_end moves a %', TG_TABLE_NAME USING ERRCODE = 'AL002'; END IF; RETURN NEW; END $$
;;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON balance FOR EACH ROW EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON lot FOR EACH ROW EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON line_total FOR EACH ROW EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON day_total FOR EACH ROW EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON earmark_scope FOR EACH ROW EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER kept BEFORE TRUNCATE ON balance FOR EACH STATEMENT EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER kept BEFORE TRUNCATE ON lot FOR EACH STATEMENT EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER kept BEFORE TRUNCATE ON line_total FOR EACH STATEMENT EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER kept BEFORE TRUNCATE ON day_total FOR EACH STATEMENT EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE FUNCTION almoner_account_opened() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO balance (account_id, normal, floor) VALUES (NEW.id, NEW.normal, NEW.floor); RETURN NULL; END $$
;;
CREATE TRIGGER opened AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION almoner_account_opened()
;;
CREATE FUNCTION almoner_earmark_opened() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO earmark_scope (wider_id, narrower_id) SELECT wider_id, NEW.id FROM earmark_scope WHERE narrower_id = NEW.wider_id
    UNION SELECT NEW.id, NEW.id; RETURN NULL; END $$
;;
CREATE TRIGGER opened AFTER INSERT ON earmark FOR EACH ROW EXECUTE FUNCTION almoner_earmark_opened()
;;
CREATE FUNCTION almoner_still_open() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$ DECLARE ids UUID[]; BEGIN
  SELECT array_agg(DISTINCT txn_id) INTO ids FROM added;
  IF EXISTS (SELECT 1 FROM txn_end WHERE txn_id = ANY (ids)) THEN
    RAISE EXCEPTION 'txn already ended' USING ERRCODE = 'AL003'; END IF; RETURN NULL; END $$
;;
CREATE TRIGGER open_only AFTER INSERT ON posting REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION almoner_still_open()
;;
CREATE TRIGGER open_only AFTER INSERT ON draw REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION almoner_still_open()
;;
CREATE TRIGGER open_only AFTER INSERT ON fx_conversion REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION almoner_still_open()
;;
CREATE FUNCTION almoner_period_closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_advisory_xact_lock(20011, NEW.book_id::int);
  IF EXISTS (SELECT 1 FROM period WHERE book_id = NEW.book_id AND closed_through >= NEW.closed_through)
    OR NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id) THEN
    RAISE EXCEPTION 'a close moves forward, under an event of its book' USING ERRCODE = 'AL009'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER forward_only BEFORE INSERT ON period FOR EACH ROW EXECUTE FUNCTION almoner_period_closed()
;;
CREATE FUNCTION almoner_of_book() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE identity UUID; BEGIN
  IF TG_TABLE_NAME = 'proposal' THEN identity := NEW.id; ELSE identity := NEW.event_id; END IF;
  IF NOT EXISTS (SELECT 1 FROM event WHERE id = identity AND book_id = NEW.book_id) THEN
    RAISE EXCEPTION '% stands under an event of its book', TG_TABLE_NAME USING ERRCODE = 'AL010'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER of_book BEFORE INSERT ON proposal FOR EACH ROW EXECUTE FUNCTION almoner_of_book()
;;
CREATE TRIGGER of_book BEFORE INSERT ON approval FOR EACH ROW EXECUTE FUNCTION almoner_of_book()
;;
CREATE TRIGGER of_book BEFORE INSERT ON rejection FOR EACH ROW EXECUTE FUNCTION almoner_of_book()
;;
-- Who approves, rejects or carries out a proposal holds it until the end, so that none of them is blind to the other.
CREATE FUNCTION almoner_proposal_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM 1 FROM proposal WHERE id = NEW.proposal_id FOR NO KEY UPDATE;
  IF TG_TABLE_NAME = 'approval' AND EXISTS (SELECT 1 FROM rejection WHERE proposal_id = NEW.proposal_id) THEN
    RAISE EXCEPTION 'a proposal that was rejected is not approved' USING ERRCODE = 'AL010'; END IF;
  IF TG_TABLE_NAME = 'rejection' AND EXISTS (SELECT 1 FROM txn WHERE proposal_id = NEW.proposal_id) THEN
    RAISE EXCEPTION 'a proposal that was carried out is not rejected' USING ERRCODE = 'AL010'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER open_only BEFORE INSERT ON approval FOR EACH ROW EXECUTE FUNCTION almoner_proposal_open()
;;
CREATE TRIGGER open_only BEFORE INSERT ON rejection FOR EACH ROW EXECUTE FUNCTION almoner_proposal_open()
;;
CREATE TRIGGER of_book BEFORE INSERT ON approval_policy FOR EACH ROW EXECUTE FUNCTION almoner_of_book()
;;
-- Postings hold the book's lock shared until they commit, so none of them is decided without the policy and kept after it.
CREATE FUNCTION almoner_policy_set() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_advisory_xact_lock(20011, NEW.book_id::int);
  IF NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND recorded_at <= NEW.since) OR EXISTS (SELECT 1 FROM txn t
      WHERE t.book_id = NEW.book_id AND t.recorded_at >= NEW.since
        AND EXISTS (SELECT 1 FROM fault_approval f WHERE f.txn_id = t.id)) THEN
    RAISE EXCEPTION 'a policy changes nothing that was posted before it' USING ERRCODE = 'AL010'; END IF;
  RETURN NULL; END $$
;;
CREATE TRIGGER ahead_only AFTER INSERT ON approval_policy FOR EACH ROW EXECUTE FUNCTION almoner_policy_set()
;;
-- Every statement has one sensible plan whatever the statistics say: by key, in the order written, no hash or merge joins.
-- On tables that were analysed empty every plan costs the same, and a session keeps what it chose; so a session plans again
-- each time the ledger is twice as long as when it planned last: all its plans, those of foreign keys with them.
-- The locks come first, so that two transactions that return the same money see each other.
CREATE FUNCTION almoner_txn_ended() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
  SET join_collapse_limit = 1 SET random_page_cost = 1 SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE ids UUID[]; books BIGINT[]; accounts BIGINT[]; bad TEXT; child BOOLEAN; proposed BOOLEAN; lots BOOLEAN; d RECORD;
  last BIGINT; planned BIGINT := nullif(current_setting('almoner.planned', true), ''); BEGIN
  SELECT array_agg(txn_id), max(no) INTO ids, last FROM ended;
  IF ids IS NULL THEN RETURN NULL; END IF;
  IF planned IS NULL OR last > 2 * planned THEN
    IF planned IS NOT NULL THEN EXECUTE 'DISCARD PLANS'; END IF;
    PERFORM set_config('almoner.planned', last::text, false); END IF;
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'post under READ COMMITTED' USING ERRCODE = 'AL004'; END IF;
  SELECT array_agg(DISTINCT book_id), bool_or(coalesce(parent_id, refunds_id, corrects_id) IS NOT NULL),
    bool_or(proposal_id IS NOT NULL) INTO books, child, proposed FROM txn WHERE id = ANY (ids);
  PERFORM pg_advisory_xact_lock_shared(20011, b::int) FROM unnest(books) b;
  IF proposed THEN
    PERFORM 1 FROM proposal WHERE id IN (SELECT proposal_id FROM txn WHERE id = ANY (ids)) ORDER BY id FOR NO KEY UPDATE; END IF;
  SELECT array_agg(DISTINCT account_id) INTO accounts FROM posting WHERE txn_id = ANY (ids);
  PERFORM 1 FROM balance WHERE account_id = ANY (accounts) ORDER BY account_id FOR NO KEY UPDATE;
  lots := EXISTS (SELECT 1 FROM draw WHERE txn_id = ANY (ids));
  bad := (SELECT why FROM fault_leg WHERE txn_id = ANY (ids) LIMIT 1);
  IF bad IS NULL AND lots THEN bad := (SELECT why FROM fault_lot WHERE txn_id = ANY (ids) LIMIT 1); END IF;
  IF bad IS NULL AND EXISTS (SELECT 1 FROM fx_conversion WHERE txn_id = ANY (ids)) THEN
    bad := (SELECT why FROM fault_fx WHERE txn_id = ANY (ids) LIMIT 1); END IF;
  IF bad IS NULL AND child THEN bad := (SELECT why FROM fault_child WHERE txn_id = ANY (ids) LIMIT 1); END IF;
  IF bad IS NULL AND (proposed OR EXISTS (SELECT 1 FROM approval_policy WHERE book_id = ANY (books))) THEN
    bad := (SELECT why FROM fault_approval WHERE txn_id = ANY (ids)
      UNION ALL SELECT 'recorded before its policy' FROM approval_asked WHERE txn_id = ANY (ids) AND recorded_at < set_at
      LIMIT 1); END IF;
  IF bad IS NULL AND EXISTS (SELECT 1 FROM txn t WHERE t.id = ANY (ids) AND t.act <> 'refused'
      AND t.effective_on <= (SELECT max(p.closed_through) FROM period p WHERE p.book_id = t.book_id)) THEN
    bad := 'closed period'; END IF;
  IF bad IS NOT NULL THEN RAISE EXCEPTION '%', bad USING ERRCODE = 'AL005'; END IF;
  FOR d IN SELECT account_id, sum(sd) sd, sum(sc) sc, sum(pd) pd, sum(pc) pc, sum(ed) ed, sum(ec) ec
      FROM delta WHERE txn_id = ANY (ids) GROUP BY account_id ORDER BY account_id LOOP
    UPDATE balance SET settled_dr = settled_dr + d.sd, settled_cr = settled_cr + d.sc, pending_dr = pending_dr + d.pd,
      pending_cr = pending_cr + d.pc, encumbered_dr = encumbered_dr + d.ed, encumbered_cr = encumbered_cr + d.ec,
      version = version + 1 WHERE account_id = d.account_id;
  END LOOP;
  FOR d IN SELECT account_id, line, sum(moved) AS moved FROM line_delta WHERE txn_id = ANY (ids) GROUP BY 1, 2 ORDER BY 1, 2 LOOP
    UPDATE line_total SET total = total + d.moved, version = version + 1 WHERE account_id = d.account_id AND line = d.line;
    IF NOT FOUND THEN
      INSERT INTO line_total (account_id, line, total, version) VALUES (d.account_id, d.line, d.moved, 1); END IF;
  END LOOP;
  INSERT INTO day_total AS o (account_id, effective_on, line, total, version)
    SELECT account_id, effective_on, line, sum(moved), 1 FROM day_delta WHERE txn_id = ANY (ids) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (account_id, effective_on, line) DO UPDATE SET total = o.total + excluded.total, version = o.version + 1;
  IF lots THEN
    FOR d IN SELECT account_id, contribution_id, sum(moved) AS moved, sum(received) AS received, min(first_on) AS first_on
        FROM lot_delta WHERE txn_id = ANY (ids) GROUP BY 1, 2 ORDER BY 1, 2 LOOP
      UPDATE lot SET remaining = remaining + d.moved, received = received + d.received, first_on = least(first_on, d.first_on),
        version = version + 1 WHERE account_id = d.account_id AND contribution_id = d.contribution_id;
      IF NOT FOUND THEN
        INSERT INTO lot (account_id, contribution_id, remaining, received, first_on, version)
          VALUES (d.account_id, d.contribution_id, d.moved, d.received, d.first_on, 1); END IF;
    END LOOP;
  END IF;
  RETURN NULL; END $$
;;
CREATE TRIGGER applied AFTER INSERT ON txn_end REFERENCING NEW TABLE AS ended FOR EACH STATEMENT EXECUTE FUNCTION almoner_txn_ended()
;;
-- Writes a batch with its ends and returns what was refused, with nothing written then; null when all is well. A column that is
-- the same in all rows may be null. Deadlocks and lost connections are raised: they undo the whole transaction of the caller.
CREATE FUNCTION almoner_write(book BIGINT, taker TEXT, instant TIMESTAMPTZ, ids UUID[], kinds TEXT[], keys TEXT[], digests BYTEA[],
  days DATE[], bodies BYTEA[], acts TEXT[], expiries TIMESTAMPTZ[], refusals TEXT[], parents UUID[], refunds UUID[],
  corrects UUID[], proposals UUID[], leg_txns UUID[], leg_seqs SMALLINT[], accounts BIGINT[], layers TEXT[], sides SMALLINT[],
  lines TEXT[], amounts BIGINT[], draw_txns UUID[], draw_seqs SMALLINT[], contributions BIGINT[], draw_amounts BIGINT[],
  fx_txns UUID[], fx_ns SMALLINT[], rates UUID[], nums BIGINT[], dens BIGINT[], solds BIGINT[], boughts BIGINT[], roundings TEXT[]
) RETURNS TEXT LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$ BEGIN
  INSERT INTO txn (id, book_id, act, kind, client, idem_key, request_sha256, effective_on, recorded_at, expires_at, refusal,
      parent_id, refunds_id, corrects_id, proposal_id)
    SELECT i, book, coalesce(a, 'posted'), k, taker, y, d, f, instant, x, r, p, b, c, o
    FROM unnest(ids, kinds, keys, digests, days, acts, expiries, refusals, parents, refunds, corrects, proposals)
      AS u (i, k, y, d, f, a, x, r, p, b, c, o);
  INSERT INTO event (id, book_id, kind, canon, body, leaf_sha256, recorded_at)
    SELECT i, book, 'ledger.' || k, 1, b, sha256('\x00'::bytea || b), instant FROM unnest(ids, kinds, bodies) AS u (i, k, b);
  IF leg_txns IS NOT NULL THEN INSERT INTO posting (txn_id, seq, account_id, layer, side, line, amount)
    SELECT i, s, a, coalesce(y, 'S'), d, l, m FROM unnest(leg_txns, leg_seqs, accounts, layers, sides, lines, amounts)
      AS u (i, s, a, y, d, l, m); END IF;
  IF draw_txns IS NOT NULL THEN INSERT INTO draw (txn_id, seq, contribution_id, amount)
    SELECT * FROM unnest(draw_txns, draw_seqs, contributions, draw_amounts); END IF;
  IF fx_txns IS NOT NULL THEN
    INSERT INTO fx_conversion (txn_id, n, rate_id, num, den, sold_minor, bought_minor, rounding)
    SELECT * FROM unnest(fx_txns, fx_ns, rates, nums, dens, solds, boughts, roundings); END IF;
  INSERT INTO txn_end (txn_id) SELECT unnest(ids);
  RETURN NULL;
EXCEPTION WHEN integrity_constraint_violation OR data_exception OR SQLSTATE 'AL000' THEN RETURN SQLERRM; END $$
;;
