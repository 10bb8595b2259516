-- One definition of wrong, for the triggers (new rows) and for verification (all rows; must be empty).
CREATE VIEW delta AS
SELECT txn_id, account_id,
  sum(CASE WHEN layer = 'S' AND side = 1 THEN amount ELSE 0 END) AS sd,
  sum(CASE WHEN layer = 'S' AND side = -1 THEN amount ELSE 0 END) AS sc,
  sum(CASE WHEN layer = 'P' AND side = 1 THEN amount ELSE 0 END) AS pd,
  sum(CASE WHEN layer = 'P' AND side = -1 THEN amount ELSE 0 END) AS pc,
  sum(CASE WHEN layer = 'E' AND side = 1 THEN amount ELSE 0 END) AS ed,
  sum(CASE WHEN layer = 'E' AND side = -1 THEN amount ELSE 0 END) AS ec
FROM posting GROUP BY txn_id, account_id
;;
CREATE VIEW lot_delta AS
SELECT d.txn_id, p.account_id, d.contribution_id, sum(-p.side * d.amount) AS moved
FROM draw d JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
GROUP BY d.txn_id, p.account_id, d.contribution_id
;;
CREATE VIEW fault_leg AS
SELECT t.id AS txn_id, CASE WHEN sum(p.side * p.amount) <> 0 THEN 'unbalanced' ELSE 'shape or draws' END AS why
FROM txn t JOIN posting p ON p.txn_id = t.id JOIN account a ON a.id = p.account_id
GROUP BY t.id, a.unit, p.layer
HAVING sum(p.side * p.amount) <> 0 OR max(CASE WHEN a.book_id <> t.book_id OR p.layer = 'P'
  OR (a.role = 'pool' AND p.layer = 'S') <> EXISTS (SELECT 1 FROM draw d WHERE d.txn_id = p.txn_id AND d.seq = p.seq)
  THEN 1 ELSE 0 END) = 1
UNION ALL
SELECT t.id, 'cash without owner' FROM txn t JOIN posting p ON p.txn_id = t.id JOIN account a ON a.id = p.account_id
WHERE p.layer = 'S' AND a.role IN ('cash','pool','holder')
GROUP BY t.id, a.fund_id, a.unit HAVING sum(p.side * p.amount) <> 0
UNION ALL
SELECT t.id, 'empty or other book' FROM txn t
WHERE NOT EXISTS (SELECT 1 FROM posting p WHERE p.txn_id = t.id)
  OR t.book_id <> (SELECT e.book_id FROM event e WHERE e.id = t.id)
;;
CREATE VIEW fault_lot AS
SELECT p.txn_id, 'draws do not sum' AS why FROM posting p
WHERE p.amount <> (SELECT sum(d.amount) FROM draw d WHERE d.txn_id = p.txn_id AND d.seq = p.seq)
UNION ALL
SELECT d.txn_id, 'other unit or fund' FROM draw d JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
  JOIN account a ON a.id = p.account_id JOIN contribution c ON c.id = d.contribution_id
WHERE a.unit <> c.unit OR a.fund_id <> c.fund_id
UNION ALL
SELECT d.txn_id, 'earmark widened' FROM draw d JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
  JOIN account a ON a.id = p.account_id JOIN contribution c ON c.id = d.contribution_id
WHERE NOT EXISTS (SELECT 1 FROM earmark_scope s WHERE s.wider_id = c.earmark_id AND s.narrower_id = a.earmark_id)
UNION ALL
SELECT d.txn_id, 'lot swap' FROM draw d JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
  JOIN account a ON a.id = p.account_id
GROUP BY d.txn_id, a.unit, d.contribution_id
HAVING sum(p.side * d.amount) <> 0 AND (sum(p.side * d.amount) > 0) <> ((SELECT sum(q.side * q.amount)
  FROM posting q JOIN account b ON b.id = q.account_id
  WHERE q.txn_id = d.txn_id AND q.layer = 'S' AND b.role = 'pool' AND b.unit = a.unit) > 0)
UNION ALL
SELECT p.txn_id, 'internal line leaks' FROM posting p JOIN account a ON a.id = p.account_id JOIN line l ON l.code = p.line
WHERE a.role = 'pool' AND p.layer = 'S' AND l.kind = 'internal'
GROUP BY p.txn_id, a.fund_id, a.unit HAVING sum(p.side * p.amount) <> 0
;;
CREATE VIEW fault_child AS
SELECT t.id AS txn_id, 'parent' AS why FROM txn t JOIN txn q ON q.id IN (t.parent_id, t.refunds_id)
WHERE q.book_id <> t.book_id OR q.act <> 'posted' OR (q.id = t.parent_id AND t.refunds_id <> coalesce(q.refunds_id, q.id))
  OR NOT EXISTS (SELECT 1 FROM txn_end x WHERE x.txn_id = q.id)
UNION ALL
SELECT t.id, 'more comes back than was paid' FROM txn t
  JOIN txn m ON m.id = t.refunds_id OR m.refunds_id = t.refunds_id
  JOIN draw d ON d.txn_id = m.id JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
GROUP BY t.id, p.account_id, d.contribution_id HAVING sum(p.side * d.amount) < 0
UNION ALL
SELECT t.id, 'not undone' FROM txn t JOIN posting p ON p.txn_id IN (t.id, t.parent_id) WHERE t.act = 'reverse'
GROUP BY t.id, p.account_id, p.layer, CASE p.layer WHEN 'S' THEN 0 ELSE p.side END
HAVING sum(CASE p.layer WHEN 'S' THEN p.side * p.amount ELSE p.amount END) <> 0
UNION ALL
SELECT t.id, 'draws not mirrored' FROM txn t JOIN draw d ON d.txn_id IN (t.id, t.parent_id)
  JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq WHERE t.act = 'reverse'
GROUP BY t.id, p.account_id, d.contribution_id HAVING sum(p.side * d.amount) <> 0
;;
CREATE VIEW fault AS
SELECT txn_id, why FROM fault_leg UNION ALL SELECT txn_id, why FROM fault_lot UNION ALL SELECT txn_id, why FROM fault_child
;;
