CREATE TRIGGER event_waits AFTER INSERT ON event BEGIN
  INSERT INTO unsealed (event_id, book_id) VALUES (NEW.id, NEW.book_id); END
;;
CREATE TRIGGER unsealed_entered BEFORE INSERT ON unsealed
  WHEN NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id)
    OR EXISTS (SELECT 1 FROM leaf WHERE event_id = NEW.event_id)
    OR EXISTS (SELECT 1 FROM unsealed WHERE book_id = NEW.book_id AND event_id = NEW.event_id)
  BEGIN SELECT RAISE(ABORT, 'an event waits only once, in its own book'); END
;;
CREATE TRIGGER unsealed_unchanged BEFORE UPDATE ON unsealed
  BEGIN SELECT RAISE(ABORT, 'an event waits only once, in its own book'); END
;;
CREATE TRIGGER unsealed_left BEFORE DELETE ON unsealed
  WHEN NOT EXISTS (SELECT 1 FROM leaf WHERE event_id = OLD.event_id AND book_id = OLD.book_id)
  BEGIN SELECT RAISE(ABORT, 'an event waits until its leaf is there'); END
;;
CREATE TRIGGER leaf_in_order BEFORE INSERT ON leaf
  WHEN NEW.idx <> coalesce((SELECT max(idx) + 1 FROM leaf WHERE book_id = NEW.book_id), 0)
  BEGIN SELECT RAISE(ABORT, 'leaf out of order'); END
;;
CREATE TRIGGER leaf_of_its_event BEFORE INSERT ON leaf
  WHEN NOT EXISTS (SELECT 1 FROM event
    WHERE id = NEW.event_id AND book_id = NEW.book_id AND leaf_sha256 = NEW.leaf_sha256)
  BEGIN SELECT RAISE(ABORT, 'leaf of another book or digest'); END
;;
CREATE TRIGGER node_of_leaves BEFORE INSERT ON node
  WHEN NEW.level = 1 AND 2 <> (SELECT count(*) FROM leaf
    WHERE book_id = NEW.book_id AND idx BETWEEN 2 * NEW.idx AND 2 * NEW.idx + 1)
  BEGIN SELECT RAISE(ABORT, 'a node stands over two children'); END
;;
CREATE TRIGGER node_of_nodes BEFORE INSERT ON node
  WHEN NEW.level <> 1 AND 2 <> (SELECT count(*) FROM node
    WHERE book_id = NEW.book_id AND level = NEW.level - 1 AND idx BETWEEN 2 * NEW.idx AND 2 * NEW.idx + 1)
  BEGIN SELECT RAISE(ABORT, 'a node stands over two children'); END
;;
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint
  WHEN NEW.size <> coalesce((SELECT max(idx) + 1 FROM leaf WHERE book_id = NEW.book_id), 0)
    OR EXISTS (SELECT 1 FROM checkpoint WHERE book_id = NEW.book_id AND size >= NEW.size)
  BEGIN SELECT RAISE(ABORT, 'a checkpoint covers all leaves and grows'); END
;;
CREATE TRIGGER checkpoint_over_nodes BEFORE INSERT ON checkpoint
  WHEN EXISTS (SELECT 1 FROM (SELECT 8 * high.column1 + low.column1 AS level
      FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7)) AS high, (VALUES (0),(1),(2),(3),(4),(5),(6),(7)) AS low) AS peak
    WHERE level > 0 AND NEW.size >> level & 1 = 1 AND NOT EXISTS
      (SELECT 1 FROM node n WHERE n.book_id = NEW.book_id AND n.level = peak.level AND n.idx = (NEW.size >> peak.level) - 1))
  BEGIN SELECT RAISE(ABORT, 'a checkpoint has every node below it'); END
;;
