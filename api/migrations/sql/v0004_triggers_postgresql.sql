CREATE FUNCTION almoner_event_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO unsealed (event_id, book_id) VALUES (NEW.id, NEW.book_id); RETURN NULL; END $$
;;
CREATE TRIGGER waits AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION almoner_event_waits()
;;
CREATE FUNCTION almoner_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    IF EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id)
      AND NOT EXISTS (SELECT 1 FROM leaf WHERE event_id = NEW.event_id) THEN RETURN NEW; END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF EXISTS (SELECT 1 FROM leaf WHERE event_id = OLD.event_id AND book_id = OLD.book_id) THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'an event waits until its leaf is there' USING ERRCODE = 'AL006';
  END IF;
  RAISE EXCEPTION 'an event waits only once, in its own book' USING ERRCODE = 'AL006'; END $$
;;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON unsealed FOR EACH ROW EXECUTE FUNCTION almoner_unsealed()
;;
CREATE TRIGGER kept BEFORE TRUNCATE ON unsealed FOR EACH STATEMENT EXECUTE FUNCTION almoner_unsealed()
;;
CREATE FUNCTION almoner_leaf_in_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.idx <> coalesce((SELECT max(idx) + 1 FROM leaf WHERE book_id = NEW.book_id), 0) THEN
    RAISE EXCEPTION 'leaf out of order' USING ERRCODE = 'AL007'; END IF;
  IF NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id AND leaf_sha256 = NEW.leaf_sha256) THEN
    RAISE EXCEPTION 'leaf of another book or digest' USING ERRCODE = 'AL007'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER in_order BEFORE INSERT ON leaf FOR EACH ROW EXECUTE FUNCTION almoner_leaf_in_order()
;;
CREATE FUNCTION almoner_node_of_children() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE left_hash BYTEA; right_hash BYTEA; BEGIN
  IF NEW.level = 1 THEN
    SELECT leaf_sha256 INTO left_hash FROM leaf WHERE book_id = NEW.book_id AND idx = 2 * NEW.idx;
    SELECT leaf_sha256 INTO right_hash FROM leaf WHERE book_id = NEW.book_id AND idx = 2 * NEW.idx + 1;
  ELSE
    SELECT sha256 INTO left_hash FROM node WHERE book_id = NEW.book_id AND level = NEW.level - 1 AND idx = 2 * NEW.idx;
    SELECT sha256 INTO right_hash FROM node WHERE book_id = NEW.book_id AND level = NEW.level - 1 AND idx = 2 * NEW.idx + 1;
  END IF;
  IF NEW.sha256 IS DISTINCT FROM sha256('\x01'::bytea || left_hash || right_hash) THEN
    RAISE EXCEPTION 'a node hashes its two children' USING ERRCODE = 'AL009'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER of_children BEFORE INSERT ON node FOR EACH ROW EXECUTE FUNCTION almoner_node_of_children()
;;
CREATE FUNCTION almoner_checkpoint_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.size <> coalesce((SELECT max(idx) + 1 FROM leaf WHERE book_id = NEW.book_id), 0)
    OR EXISTS (SELECT 1 FROM checkpoint WHERE book_id = NEW.book_id AND size >= NEW.size) THEN
    RAISE EXCEPTION 'a checkpoint covers all leaves and grows' USING ERRCODE = 'AL008'; END IF;
  IF EXISTS (SELECT 1 FROM generate_series(1, 62) AS peak WHERE NEW.size >> peak & 1 = 1 AND NOT EXISTS
      (SELECT 1 FROM node WHERE book_id = NEW.book_id AND level = peak AND idx = (NEW.size >> peak) - 1)) THEN
    RAISE EXCEPTION 'a checkpoint has every node below it' USING ERRCODE = 'AL008'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER grows BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION almoner_checkpoint_grows()
;;
