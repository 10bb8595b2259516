-- "+ 0" keeps a join from going the long way, from an account or a contribution to all its postings or draws.
-- Whether a row is there is asked as (SELECT 1 ... LIMIT 1), not EXISTS: PostgreSQL may hash a whole table to answer EXISTS.
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
SELECT d.txn_id, p.account_id, d.contribution_id, sum(-p.side * d.amount) AS moved,
  sum(CASE WHEN p.line IN ('contribution','fund_income','partner_interest','in_kind_given')
      OR (p.line = 'allocation' AND c.kind = 'released') THEN -p.side * d.amount ELSE 0 END) AS received,
  min(CASE WHEN p.line IN ('contribution','fund_income','partner_interest','in_kind_given')
      OR (p.line = 'allocation' AND c.kind = 'released') THEN t.effective_on END) AS first_on
FROM draw d JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
  JOIN contribution c ON c.id = d.contribution_id + 0 JOIN txn t ON t.id = d.txn_id
GROUP BY d.txn_id, p.account_id, d.contribution_id
;;
CREATE VIEW line_delta AS
SELECT p.txn_id, p.account_id, p.line, sum(-p.side * p.amount) AS moved
FROM posting p JOIN account a ON a.id = p.account_id + 0
WHERE p.layer = 'S' AND a.role = 'pool'
GROUP BY p.txn_id, p.account_id, p.line
;;
CREATE VIEW day_delta AS
SELECT p.txn_id, p.account_id, t.effective_on, p.line, sum(-p.side * p.amount) AS moved
FROM posting p JOIN txn t ON t.id = p.txn_id JOIN account a ON a.id = p.account_id + 0
WHERE p.layer = 'S' AND a.role IN ('pool','cash')
GROUP BY p.txn_id, p.account_id, t.effective_on, p.line
;;
CREATE VIEW fault_leg AS
SELECT t.id AS txn_id, CASE WHEN sum(p.side * p.amount) <> 0 THEN 'unbalanced' ELSE 'shape or draws' END AS why
FROM txn t JOIN posting p ON p.txn_id = t.id JOIN account a ON a.id = p.account_id + 0
GROUP BY t.id, a.unit, p.layer
HAVING sum(p.side * p.amount) <> 0 OR max(CASE WHEN a.book_id <> t.book_id OR t.act = 'refused'
  OR (t.act = 'pending' AND (p.layer = 'S' OR (p.layer = 'P' AND p.amount < 0)))
  OR (p.layer = 'P' AND (t.act IN ('posted','reverse') OR (t.act <> 'pending' AND p.amount > 0)))
  OR (p.layer = 'S' AND t.act IN ('void','expire'))
  OR (p.line = 'refund' AND t.refunds_id IS NULL)
  OR (p.line IN ('fx_sold','fx_bought') AND t.act <> 'reverse'
    AND (SELECT 1 FROM fx_conversion x WHERE x.txn_id = t.id LIMIT 1) IS NULL)
  OR (a.role = 'pool' AND p.layer = 'S') <> ((SELECT 1 FROM draw d WHERE d.txn_id = p.txn_id AND d.seq = p.seq LIMIT 1) IS NOT NULL)
  THEN 1 ELSE 0 END) = 1
UNION ALL
SELECT t.id, 'cash without owner' FROM txn t JOIN posting p ON p.txn_id = t.id JOIN account a ON a.id = p.account_id + 0
WHERE p.layer = 'S' AND a.role IN ('cash','pool','holder')
GROUP BY t.id, a.fund_id, a.unit HAVING sum(p.side * p.amount) <> 0
UNION ALL
SELECT t.id, 'empty or other book' FROM txn t
WHERE (t.act <> 'refused' AND (SELECT 1 FROM posting p WHERE p.txn_id = t.id LIMIT 1) IS NULL)
  OR t.book_id <> (SELECT e.book_id FROM event e WHERE e.id = t.id)
;;
CREATE VIEW fault_lot AS
SELECT p.txn_id, 'draws do not sum' AS why FROM posting p
WHERE p.amount <> (SELECT sum(d.amount) FROM draw d WHERE d.txn_id = p.txn_id AND d.seq = p.seq)
UNION ALL
SELECT d.txn_id, CASE WHEN a.fund_id <> c.fund_id OR (a.unit <> c.unit
      AND (p.line IN ('contribution','fund_income','partner_interest','in_kind_given')
      OR EXISTS (SELECT 1 FROM unit u WHERE u.code IN (a.unit, c.unit) AND u.kind <> 'currency'))) THEN 'other unit or fund'
    WHEN EXISTS (SELECT 1 FROM earmark_scope s WHERE s.wider_id = c.earmark_id AND s.narrower_id = a.earmark_id)
    THEN 'expired' ELSE 'earmark widened' END
FROM draw d JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq JOIN txn t ON t.id = d.txn_id
  JOIN account a ON a.id = p.account_id + 0 JOIN contribution c ON c.id = d.contribution_id + 0
WHERE a.fund_id <> c.fund_id
  OR (a.unit <> c.unit AND (p.line IN ('contribution','fund_income','partner_interest','in_kind_given')
    OR EXISTS (SELECT 1 FROM unit u WHERE u.code IN (a.unit, c.unit) AND u.kind <> 'currency')))
  OR NOT EXISTS (SELECT 1 FROM earmark_scope s WHERE s.wider_id = c.earmark_id AND s.narrower_id = a.earmark_id)
  OR (p.side = 1 AND t.act <> 'reverse' AND ((p.line = 'in_kind_used' AND t.effective_on > coalesce(c.available_until,
      (SELECT o.available_until FROM contribution o WHERE o.id = c.released_from)))
    OR (p.line NOT IN ('donor_refund','in_kind_expired')
      AND EXISTS (SELECT 1 FROM line l WHERE l.code = p.line AND l.kind <> 'internal')
      AND EXISTS (SELECT 1 FROM earmark_scope s JOIN earmark e ON e.id = s.wider_id
        WHERE s.narrower_id = a.earmark_id AND e.valid_until < t.effective_on))))
UNION ALL
SELECT d.txn_id, 'lot swap' FROM draw d JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
  JOIN account a ON a.id = p.account_id + 0 JOIN contribution c ON c.id = d.contribution_id + 0
GROUP BY d.txn_id, a.unit, coalesce(c.released_from, c.id)
HAVING sum(p.side * d.amount) <> 0 AND (sum(p.side * d.amount) > 0) <> ((SELECT sum(q.side * q.amount)
  FROM posting q JOIN account b ON b.id = q.account_id + 0
  WHERE q.txn_id = d.txn_id AND q.layer = 'S' AND b.role = 'pool' AND b.unit = a.unit) > 0)
UNION ALL
SELECT p.txn_id, 'internal line leaks' FROM posting p JOIN account a ON a.id = p.account_id + 0 JOIN line l ON l.code = p.line
WHERE a.role = 'pool' AND p.layer = 'S' AND l.kind = 'internal'
GROUP BY p.txn_id, a.fund_id, a.unit HAVING sum(p.side * p.amount) <> 0
;;
CREATE VIEW fault_fx AS
SELECT x.txn_id, 'conversion' AS why FROM fx_conversion x JOIN fx_rate r ON r.id = x.rate_id
  LEFT JOIN posting p ON p.txn_id = x.txn_id AND p.layer = 'S' AND p.line IN ('fx_sold','fx_bought')
  LEFT JOIN account a ON a.id = p.account_id + 0 AND a.role = 'pool'
GROUP BY x.txn_id
HAVING max(CASE WHEN a.unit = r.base_unit AND p.line = 'fx_sold' THEN 1 ELSE 0 END) = 0
  OR max(CASE WHEN a.unit = r.quote_unit AND p.line = 'fx_bought' THEN 1 ELSE 0 END) = 0
UNION ALL
SELECT p.txn_id, 'conversion' FROM posting p JOIN account a ON a.id = p.account_id + 0 JOIN txn t ON t.id = p.txn_id
WHERE p.line IN ('fx_sold','fx_bought') AND p.layer = 'S' AND a.role = 'pool' AND t.act <> 'reverse'
GROUP BY p.txn_id, a.unit, p.line
HAVING sum(p.side * p.amount) <> (SELECT CASE p.line WHEN 'fx_sold' THEN coalesce(sum(x.sold_minor), 0)
    ELSE -coalesce(sum(x.bought_minor), 0) END FROM fx_conversion x JOIN fx_rate r ON r.id = x.rate_id
  WHERE x.txn_id = p.txn_id AND a.unit = CASE p.line WHEN 'fx_sold' THEN r.base_unit ELSE r.quote_unit END)
UNION ALL
SELECT d.txn_id, 'converted to another' FROM draw d JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
  JOIN txn t ON t.id = d.txn_id
WHERE p.line = 'fx_bought' AND t.act <> 'reverse' AND NOT EXISTS (SELECT 1 FROM posting q
  JOIN draw g ON g.txn_id = q.txn_id AND g.seq = q.seq
  WHERE q.txn_id = d.txn_id AND q.line = 'fx_sold' AND g.contribution_id = d.contribution_id)
UNION ALL
-- Each contribution buys what it sells at the rate: a total rounded once, shared to the unit, is off by 2 at most.
SELECT x.txn_id, 'converted in other parts' FROM fx_conversion x
  JOIN posting p ON p.txn_id = x.txn_id AND p.line IN ('fx_sold','fx_bought')
  JOIN draw d ON d.txn_id = p.txn_id AND d.seq = p.seq
GROUP BY x.txn_id, x.num, x.den, d.contribution_id
HAVING abs(CAST(sum(CASE p.line WHEN 'fx_bought' THEN -p.side * d.amount ELSE 0 END) AS BIGINT)
  - CAST(sum(CASE p.line WHEN 'fx_sold' THEN p.side * d.amount ELSE 0 END) AS BIGINT) / x.den * x.num
  - CAST(sum(CASE p.line WHEN 'fx_sold' THEN p.side * d.amount ELSE 0 END) AS BIGINT) % x.den * x.num / x.den) > 2
;;
CREATE VIEW fault_child AS
SELECT t.id AS txn_id, 'parent' AS why FROM txn t JOIN txn q ON q.id IN (t.parent_id, t.refunds_id, t.corrects_id)
WHERE q.book_id <> t.book_id OR (SELECT 1 FROM txn_end x WHERE x.txn_id = q.id LIMIT 1) IS NULL
  OR (q.id = t.parent_id AND t.act = 'reverse'
    AND (q.act NOT IN ('posted','post') OR t.refunds_id <> coalesce(q.refunds_id, q.id)))
  OR (q.id = t.parent_id AND t.act IN ('post','void','expire') AND q.act <> 'pending')
  OR (q.id = t.refunds_id AND q.act NOT IN ('posted','post'))
  OR (q.id = t.corrects_id AND (SELECT 1 FROM txn r WHERE r.parent_id = q.id AND r.act = 'reverse' LIMIT 1) IS NULL)
UNION ALL
SELECT t.id, 'too late or too early' FROM txn t JOIN txn q ON q.id = t.parent_id
WHERE (t.act = 'post' AND t.recorded_at > q.expires_at) OR (t.act = 'expire' AND t.recorded_at <= q.expires_at)
UNION ALL
SELECT t.id, 'more comes back than was paid' FROM txn t
  JOIN txn m ON m.id = t.refunds_id OR m.refunds_id = t.refunds_id
  JOIN draw d ON d.txn_id = m.id JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq
GROUP BY t.id, p.account_id, d.contribution_id HAVING sum(p.side * d.amount) < 0
UNION ALL
SELECT t.id, 'not undone' FROM txn t JOIN posting p ON p.txn_id IN (t.id, t.parent_id,
    CASE t.act WHEN 'reverse' THEN (SELECT q.parent_id FROM txn q WHERE q.id = t.parent_id AND q.act = 'post') END)
WHERE (p.layer = 'P' AND t.act IN ('post','void','expire')) OR (p.layer = 'E' AND t.act IN ('void','expire','reverse'))
  OR (p.layer = 'S' AND t.act = 'reverse')
GROUP BY t.id, p.account_id, p.layer, CASE p.layer WHEN 'S' THEN 0 ELSE p.side END
HAVING sum(CASE p.layer WHEN 'S' THEN p.side * p.amount ELSE p.amount END) <> 0
UNION ALL
SELECT t.id, 'over-posted' FROM txn t JOIN posting p ON p.txn_id = t.id WHERE t.act = 'post' AND p.layer = 'S'
GROUP BY t.id, t.parent_id, p.account_id, p.side HAVING sum(p.amount) > (SELECT coalesce(sum(q.amount), 0)
  FROM posting q WHERE q.txn_id = t.parent_id AND q.layer = 'P' AND q.account_id = p.account_id AND q.side = p.side)
UNION ALL
SELECT t.id, 'over-promised' FROM txn t JOIN posting p ON p.txn_id IN (t.id, t.parent_id)
WHERE t.act = 'post' AND p.layer = 'E' AND (p.txn_id = t.id OR p.amount < 0)
GROUP BY t.id, p.account_id, p.side HAVING sum(p.amount) > 0
UNION ALL
SELECT t.id, 'draws not mirrored' FROM txn t JOIN draw d ON d.txn_id IN (t.id, t.parent_id)
  JOIN posting p ON p.txn_id = d.txn_id AND p.seq = d.seq WHERE t.act = 'reverse'
GROUP BY t.id, p.account_id, d.contribution_id HAVING sum(p.side * d.amount) <> 0
;;
-- A policy covers the transactions of its kind and those with a leg on the line of that name; a release is no such leg.
-- Size: what the legs of one side add, or what they release, whichever is most; memo accounts counted apart.
CREATE VIEW approval_asked AS
SELECT t.id AS txn_id, t.recorded_at, y.since, y.quorum, e.recorded_at AS set_at,
  CASE WHEN EXISTS (SELECT 1 FROM approval_policy z WHERE z.book_id = y.book_id AND z.kind = y.kind AND z.unit = y.unit
    AND z.from_minor = y.from_minor AND z.since > y.since AND z.since <= t.recorded_at) THEN 1 ELSE 0 END AS replaced
FROM txn t JOIN approval_policy y ON y.book_id = t.book_id JOIN event e ON e.id = y.event_id
WHERE t.act IN ('posted','pending','reverse')
  AND (y.kind = t.kind OR
    (SELECT count(*) FROM posting l WHERE l.txn_id = t.id AND l.line = y.kind AND l.amount > 0) > 0)
  AND EXISTS (SELECT 1 FROM posting p JOIN account a ON a.id = p.account_id + 0 WHERE p.txn_id = t.id AND a.unit = y.unit
    GROUP BY p.side, CASE a.role WHEN 'memo' THEN 1 ELSE 0 END, CASE WHEN p.amount > 0 THEN 1 ELSE 0 END
    HAVING abs(sum(p.amount)) >= y.from_minor)
;;
CREATE VIEW fault_approval AS
SELECT n.txn_id, 'not approved' AS why FROM approval_asked n JOIN txn t ON t.id = n.txn_id
WHERE n.since <= n.recorded_at AND n.replaced = 0
  AND n.quorum > (SELECT count(*) FROM approval v JOIN proposal r ON r.id = v.proposal_id
    WHERE r.id = t.proposal_id AND r.book_id = t.book_id AND r.payload_sha256 = t.request_sha256)
UNION ALL
SELECT t.id, 'other proposal' FROM txn t JOIN proposal r ON r.id = t.proposal_id
WHERE r.book_id <> t.book_id OR r.payload_sha256 <> t.request_sha256
UNION ALL
SELECT t.id, 'rejected' FROM txn t JOIN rejection r ON r.proposal_id = t.proposal_id
;;
CREATE VIEW fault AS
SELECT txn_id, why FROM fault_leg UNION ALL SELECT txn_id, why FROM fault_lot UNION ALL SELECT txn_id, why FROM fault_fx
UNION ALL SELECT txn_id, why FROM fault_child UNION ALL SELECT txn_id, why FROM fault_approval
;;
