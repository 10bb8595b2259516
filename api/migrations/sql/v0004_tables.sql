-- The transparency log: events that wait, leaves in their final order, signed checkpoints.
CREATE TABLE unsealed (
  event_id {UUID} PRIMARY KEY REFERENCES event, book_id {BIGINT} NOT NULL
){STRICT_KEYED}
;;
CREATE TABLE leaf (
  book_id {BIGINT} NOT NULL REFERENCES book, idx {BIGINT} NOT NULL CHECK (idx >= 0),
  event_id {UUID} NOT NULL UNIQUE REFERENCES event, leaf_sha256 {BYTES} NOT NULL CHECK (length(leaf_sha256) = 32),
  PRIMARY KEY (book_id, idx)
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
