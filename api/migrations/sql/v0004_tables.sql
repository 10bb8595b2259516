-- The transparency log: events that wait, leaves in their final order, the complete subtrees above them, signed checkpoints.
-- Node (level, idx) stands over the leaves from idx << level up to (idx + 1) << level.
CREATE TABLE unsealed (
  event_id {UUID} NOT NULL REFERENCES event, book_id {BIGINT} NOT NULL, PRIMARY KEY (book_id, event_id)
){STRICT_KEYED}
;;
CREATE TABLE leaf (
  book_id {BIGINT} NOT NULL REFERENCES book, idx {BIGINT} NOT NULL CHECK (idx >= 0),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, leaf_sha256 {BYTES} NOT NULL CHECK (length(leaf_sha256) = 32),
  PRIMARY KEY (book_id, idx)
){STRICT_KEYED}
;;
CREATE TABLE node (
  book_id {BIGINT} NOT NULL REFERENCES book, level {SMALLINT} NOT NULL CHECK (level BETWEEN 1 AND 62),
  idx {BIGINT} NOT NULL CHECK (idx >= 0), sha256 {BYTES} NOT NULL CHECK (length(sha256) = 32),
  PRIMARY KEY (book_id, level, idx)
){STRICT_KEYED}
;;
CREATE TABLE checkpoint (
  book_id {BIGINT} NOT NULL REFERENCES book, size {BIGINT} NOT NULL CHECK (size >= 0),
  public_key {BYTES} NOT NULL CHECK (length(public_key) = 32), note TEXT NOT NULL, recorded_at {INSTANT} NOT NULL,
  PRIMARY KEY (book_id, size)
){STRICT_KEYED}
;;
INSERT INTO unsealed (event_id, book_id) SELECT id, book_id FROM event ORDER BY recorded_at, id
;;
