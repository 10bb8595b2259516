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
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON earmark_scope FOR EACH ROW EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER kept BEFORE TRUNCATE ON balance FOR EACH STATEMENT EXECUTE FUNCTION almoner_moved_by_end()
;;
CREATE TRIGGER kept BEFORE TRUNCATE ON lot FOR EACH STATEMENT EXECUTE FUNCTION almoner_moved_by_end()
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
CREATE FUNCTION almoner_still_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM added JOIN txn_end USING (txn_id)) THEN
    RAISE EXCEPTION 'txn already ended' USING ERRCODE = 'AL003'; END IF; RETURN NULL; END $$
;;
CREATE TRIGGER open_only AFTER INSERT ON posting REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION almoner_still_open()
;;
CREATE TRIGGER open_only AFTER INSERT ON draw REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION almoner_still_open()
;;
CREATE FUNCTION almoner_txn_ended() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
  SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
DECLARE ids UUID[]; bad TEXT; lots BOOLEAN; BEGIN
  SELECT array_agg(txn_id) INTO ids FROM ended;
  IF ids IS NULL THEN RETURN NULL; END IF;
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'post under READ COMMITTED' USING ERRCODE = 'AL004'; END IF;
  PERFORM 1 FROM balance WHERE account_id IN (SELECT account_id FROM posting WHERE txn_id = ANY (ids))
    ORDER BY account_id FOR NO KEY UPDATE;
  lots := EXISTS (SELECT 1 FROM draw WHERE txn_id = ANY (ids));
  bad := (SELECT why FROM fault_leg WHERE txn_id = ANY (ids) LIMIT 1);
  IF bad IS NULL AND lots THEN bad := (SELECT why FROM fault_lot WHERE txn_id = ANY (ids) LIMIT 1); END IF;
  IF bad IS NULL AND EXISTS (SELECT 1 FROM txn WHERE id = ANY (ids) AND (parent_id IS NOT NULL OR refunds_id IS NOT NULL)) THEN
    bad := (SELECT why FROM fault_child WHERE txn_id = ANY (ids) LIMIT 1); END IF;
  IF bad IS NOT NULL THEN RAISE EXCEPTION '%', bad USING ERRCODE = 'AL005'; END IF;
  UPDATE balance b SET settled_dr = settled_dr + sd, settled_cr = settled_cr + sc, pending_dr = pending_dr + pd,
      pending_cr = pending_cr + pc, encumbered_dr = encumbered_dr + ed, encumbered_cr = encumbered_cr + ec,
      version = version + 1
    FROM (SELECT account_id, sum(sd) sd, sum(sc) sc, sum(pd) pd, sum(pc) pc, sum(ed) ed, sum(ec) ec
      FROM delta WHERE txn_id = ANY (ids) GROUP BY account_id) d WHERE b.account_id = d.account_id;
  IF lots THEN
    INSERT INTO lot (account_id, contribution_id) SELECT account_id, contribution_id FROM lot_delta
      WHERE txn_id = ANY (ids) ON CONFLICT DO NOTHING;
    UPDATE lot l SET remaining = remaining + m.moved, version = version + 1
      FROM (SELECT account_id, contribution_id, sum(moved) moved FROM lot_delta WHERE txn_id = ANY (ids) GROUP BY 1, 2) m
      WHERE l.account_id = m.account_id AND l.contribution_id = m.contribution_id;
  END IF;
  RETURN NULL; END $$
;;
CREATE TRIGGER applied AFTER INSERT ON txn_end REFERENCING NEW TABLE AS ended FOR EACH STATEMENT EXECUTE FUNCTION almoner_txn_ended()
;;
