CREATE TRIGGER event_waits AFTER INSERT ON event BEGIN
  INSERT INTO unsealed (event_id, book_id) VALUES (NEW.id, NEW.book_id); END
;;
CREATE TRIGGER unsealed_entered BEFORE INSERT ON unsealed
  WHEN NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id)
    OR EXISTS (SELECT 1 FROM leaf WHERE event_id = NEW.event_id)
    OR EXISTS (SELECT 1 FROM unsealed WHERE event_id = NEW.event_id)
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
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint
  WHEN NEW.size <> coalesce((SELECT max(idx) + 1 FROM leaf WHERE book_id = NEW.book_id), 0)
    OR EXISTS (SELECT 1 FROM checkpoint WHERE book_id = NEW.book_id AND size >= NEW.size)
  BEGIN SELECT RAISE(ABORT, 'a checkpoint covers all leaves and grows'); END
;;
