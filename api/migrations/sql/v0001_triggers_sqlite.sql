CREATE TRIGGER account_opened AFTER INSERT ON account BEGIN
  INSERT INTO balance (account_id, normal, floor) VALUES (NEW.id, NEW.normal, NEW.floor); END
;;
CREATE TRIGGER earmark_opened AFTER INSERT ON earmark BEGIN
  INSERT INTO earmark_scope (wider_id, narrower_id) SELECT wider_id, NEW.id FROM earmark_scope WHERE narrower_id = NEW.wider_id
    UNION SELECT NEW.id, NEW.id; END
;;
CREATE TRIGGER earmark_scope_closed BEFORE INSERT ON earmark_scope
  WHEN NOT EXISTS (SELECT 1 FROM earmark e WHERE e.id = NEW.narrower_id AND (NEW.wider_id = e.id OR EXISTS
    (SELECT 1 FROM earmark_scope s WHERE s.wider_id = NEW.wider_id AND s.narrower_id = e.wider_id)))
  BEGIN SELECT RAISE(ABORT, 'earmark_scope follows the earmarks'); END
;;
CREATE TRIGGER balance_opened BEFORE INSERT ON balance
  WHEN NEW.settled_dr <> 0 OR NEW.settled_cr <> 0 OR NEW.pending_dr <> 0 OR NEW.pending_cr <> 0 OR NEW.encumbered_dr <> 0
    OR NEW.encumbered_cr <> 0 OR NEW.version <> 0 OR EXISTS (SELECT 1 FROM balance WHERE account_id = NEW.account_id)
    OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.account_id AND a.normal = NEW.normal AND a.floor IS NEW.floor)
  BEGIN SELECT RAISE(ABORT, 'a balance opens at zero with its account'); END
;;
CREATE TRIGGER balance_moved BEFORE UPDATE ON balance
  WHEN (NEW.account_id, NEW.normal) <> (OLD.account_id, OLD.normal) OR NEW.floor IS NOT OLD.floor
    OR NEW.version <= OLD.version
    OR NOT EXISTS (SELECT 1 FROM txn_end WHERE no = NEW.version AND txn_id = NEW.last_txn)
    OR (NEW.settled_dr - OLD.settled_dr, NEW.settled_cr - OLD.settled_cr, NEW.pending_dr - OLD.pending_dr,
        NEW.pending_cr - OLD.pending_cr, NEW.encumbered_dr - OLD.encumbered_dr, NEW.encumbered_cr - OLD.encumbered_cr)
      IS NOT (SELECT sd, sc, pd, pc, ed, ec FROM delta WHERE txn_id = NEW.last_txn AND account_id = OLD.account_id)
  BEGIN SELECT RAISE(ABORT, 'only a txn_end moves a balance'); END
;;
CREATE TRIGGER balance_kept BEFORE DELETE ON balance BEGIN SELECT RAISE(ABORT, 'only a txn_end moves a balance'); END
;;
CREATE TRIGGER lot_opened BEFORE INSERT ON lot
  WHEN NEW.remaining <> 0 OR NEW.version <> 0 OR NEW.received <> 0 OR NEW.first_on IS NOT NULL
    OR EXISTS (SELECT 1 FROM lot WHERE account_id = NEW.account_id AND contribution_id = NEW.contribution_id)
  BEGIN SELECT RAISE(ABORT, 'a lot opens at zero'); END
;;
CREATE TRIGGER lot_moved BEFORE UPDATE ON lot
  WHEN (NEW.account_id, NEW.contribution_id) <> (OLD.account_id, OLD.contribution_id) OR NEW.version <= OLD.version
    OR NOT EXISTS (SELECT 1 FROM txn_end WHERE no = NEW.version AND txn_id = NEW.last_txn)
    OR (NEW.remaining - OLD.remaining, NEW.received - OLD.received, NEW.first_on) IS NOT (SELECT moved, received,
      min(coalesce(OLD.first_on, first_on), coalesce(first_on, OLD.first_on)) FROM lot_delta
      WHERE txn_id = NEW.last_txn AND account_id = OLD.account_id AND contribution_id = OLD.contribution_id)
  BEGIN SELECT RAISE(ABORT, 'only a txn_end moves a lot'); END
;;
CREATE TRIGGER lot_kept BEFORE DELETE ON lot BEGIN SELECT RAISE(ABORT, 'only a txn_end moves a lot'); END
;;
CREATE TRIGGER line_total_opened BEFORE INSERT ON line_total
  WHEN NEW.total <> 0 OR NEW.version <> 0
    OR EXISTS (SELECT 1 FROM line_total WHERE account_id = NEW.account_id AND line = NEW.line)
  BEGIN SELECT RAISE(ABORT, 'a total opens at zero'); END
;;
CREATE TRIGGER line_total_moved BEFORE UPDATE ON line_total
  WHEN (NEW.account_id, NEW.line) <> (OLD.account_id, OLD.line) OR NEW.version <= OLD.version
    OR NOT EXISTS (SELECT 1 FROM txn_end WHERE no = NEW.version AND txn_id = NEW.last_txn)
    OR (NEW.total - OLD.total) IS NOT (SELECT moved FROM line_delta
      WHERE txn_id = NEW.last_txn AND account_id = OLD.account_id AND line = OLD.line)
  BEGIN SELECT RAISE(ABORT, 'only a txn_end moves a line_total'); END
;;
CREATE TRIGGER line_total_kept BEFORE DELETE ON line_total BEGIN SELECT RAISE(ABORT, 'only a txn_end moves a line_total'); END
;;
CREATE TRIGGER day_total_opened BEFORE INSERT ON day_total
  WHEN NEW.total <> 0 OR NEW.version <> 0 OR EXISTS (SELECT 1 FROM day_total
    WHERE account_id = NEW.account_id AND effective_on = NEW.effective_on AND line = NEW.line)
  BEGIN SELECT RAISE(ABORT, 'a total opens at zero'); END
;;
CREATE TRIGGER day_total_moved BEFORE UPDATE ON day_total
  WHEN (NEW.account_id, NEW.effective_on, NEW.line) <> (OLD.account_id, OLD.effective_on, OLD.line)
    OR NEW.version <= OLD.version
    OR NOT EXISTS (SELECT 1 FROM txn_end WHERE no = NEW.version AND txn_id = NEW.last_txn)
    OR (NEW.total - OLD.total) IS NOT (SELECT moved FROM day_delta WHERE txn_id = NEW.last_txn
      AND account_id = OLD.account_id AND effective_on = OLD.effective_on AND line = OLD.line)
  BEGIN SELECT RAISE(ABORT, 'only a txn_end moves a day_total'); END
;;
CREATE TRIGGER day_total_kept BEFORE DELETE ON day_total BEGIN SELECT RAISE(ABORT, 'only a txn_end moves a day_total'); END
;;
CREATE TRIGGER posting_open BEFORE INSERT ON posting WHEN EXISTS (SELECT 1 FROM txn_end WHERE txn_id = NEW.txn_id)
  BEGIN SELECT RAISE(ABORT, 'txn already ended'); END
;;
CREATE TRIGGER draw_open BEFORE INSERT ON draw WHEN EXISTS (SELECT 1 FROM txn_end WHERE txn_id = NEW.txn_id)
  BEGIN SELECT RAISE(ABORT, 'txn already ended'); END
;;
CREATE TRIGGER fx_conversion_open BEFORE INSERT ON fx_conversion WHEN EXISTS (SELECT 1 FROM txn_end WHERE txn_id = NEW.txn_id)
  BEGIN SELECT RAISE(ABORT, 'txn already ended'); END
;;
CREATE TRIGGER txn_resolving BEFORE INSERT ON txn WHEN NEW.act IN ('post','void','expire')
    AND EXISTS (SELECT 1 FROM txn WHERE parent_id = NEW.parent_id AND act IN ('post','void','expire'))
  BEGIN SELECT RAISE(ABORT, 'txn_resolved_once'); END
;;
CREATE TRIGGER txn_reversing BEFORE INSERT ON txn WHEN NEW.act = 'reverse'
    AND EXISTS (SELECT 1 FROM txn WHERE parent_id = NEW.parent_id AND act = 'reverse')
  BEGIN SELECT RAISE(ABORT, 'txn_reversed_once'); END
;;
CREATE TRIGGER valuation_begins BEFORE INSERT ON valuation WHEN NEW.supersedes_id IS NULL
    AND EXISTS (SELECT 1 FROM valuation WHERE contribution_id = NEW.contribution_id AND supersedes_id IS NULL)
  BEGIN SELECT RAISE(ABORT, 'valuation_begins_once'); END
;;
CREATE TRIGGER period_closed BEFORE INSERT ON period
  WHEN EXISTS (SELECT 1 FROM period WHERE book_id = NEW.book_id AND closed_through >= NEW.closed_through)
    OR NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id)
  BEGIN SELECT RAISE(ABORT, 'a close moves forward, under an event of its book'); END
;;
CREATE TRIGGER proposal_of_book BEFORE INSERT ON proposal
  WHEN NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.id AND book_id = NEW.book_id)
  BEGIN SELECT RAISE(ABORT, 'proposal stands under an event of its book'); END
;;
CREATE TRIGGER approval_of_book BEFORE INSERT ON approval
  WHEN NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id)
  BEGIN SELECT RAISE(ABORT, 'approval stands under an event of its book'); END
;;
CREATE TRIGGER rejection_of_book BEFORE INSERT ON rejection
  WHEN NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id)
  BEGIN SELECT RAISE(ABORT, 'rejection stands under an event of its book'); END
;;
CREATE TRIGGER approval_unrejected BEFORE INSERT ON approval
  WHEN EXISTS (SELECT 1 FROM rejection WHERE proposal_id = NEW.proposal_id)
  BEGIN SELECT RAISE(ABORT, 'a proposal that was rejected is not approved'); END
;;
CREATE TRIGGER rejection_in_time BEFORE INSERT ON rejection
  WHEN EXISTS (SELECT 1 FROM txn WHERE proposal_id = NEW.proposal_id)
  BEGIN SELECT RAISE(ABORT, 'a proposal that was carried out is not rejected'); END
;;
CREATE TRIGGER approval_policy_of_book BEFORE INSERT ON approval_policy
  WHEN NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND book_id = NEW.book_id)
  BEGIN SELECT RAISE(ABORT, 'approval_policy stands under an event of its book'); END
;;
CREATE TRIGGER approval_policy_set AFTER INSERT ON approval_policy
  WHEN NOT EXISTS (SELECT 1 FROM event WHERE id = NEW.event_id AND recorded_at <= NEW.since)
    OR EXISTS (SELECT 1 FROM txn t WHERE t.book_id = NEW.book_id AND t.recorded_at >= NEW.since
      AND EXISTS (SELECT 1 FROM fault_approval f WHERE f.txn_id = t.id))
  BEGIN SELECT RAISE(ABORT, 'a policy changes nothing that was posted before it'); END
;;
CREATE TRIGGER txn_ending BEFORE INSERT ON txn_end BEGIN
  SELECT RAISE(ABORT, 'fault') WHERE EXISTS (SELECT 1 FROM fault_leg WHERE txn_id = NEW.txn_id)
    OR (EXISTS (SELECT 1 FROM draw WHERE txn_id = NEW.txn_id) AND EXISTS (SELECT 1 FROM fault_lot WHERE txn_id = NEW.txn_id))
    OR (EXISTS (SELECT 1 FROM fx_conversion WHERE txn_id = NEW.txn_id)
      AND EXISTS (SELECT 1 FROM fault_fx WHERE txn_id = NEW.txn_id))
    OR (EXISTS (SELECT 1 FROM txn WHERE id = NEW.txn_id AND coalesce(parent_id, refunds_id, corrects_id) IS NOT NULL)
      AND EXISTS (SELECT 1 FROM fault_child WHERE txn_id = NEW.txn_id))
    OR ((EXISTS (SELECT 1 FROM approval_policy) OR EXISTS (SELECT 1 FROM txn WHERE id = NEW.txn_id AND proposal_id IS NOT NULL))
      AND EXISTS (SELECT 1 FROM fault_approval WHERE txn_id = NEW.txn_id));
  SELECT RAISE(ABORT, 'recorded before its policy') WHERE EXISTS (SELECT 1 FROM approval_policy)
    AND EXISTS (SELECT 1 FROM approval_asked WHERE txn_id = NEW.txn_id AND recorded_at < set_at);
  SELECT RAISE(ABORT, 'closed period') FROM txn t JOIN period p ON p.book_id = t.book_id AND p.closed_through >= t.effective_on
    WHERE t.id = NEW.txn_id AND t.act <> 'refused'; END
;;
CREATE TRIGGER txn_ended AFTER INSERT ON txn_end BEGIN
  SELECT RAISE(ABORT, 'end out of order') WHERE NEW.no <> 1 AND NOT EXISTS (SELECT 1 FROM txn_end WHERE no = NEW.no - 1);
  UPDATE balance SET settled_dr = settled_dr + sd, settled_cr = settled_cr + sc, pending_dr = pending_dr + pd,
      pending_cr = pending_cr + pc, encumbered_dr = encumbered_dr + ed, encumbered_cr = encumbered_cr + ec,
      version = NEW.no, last_txn = NEW.txn_id
    FROM delta d WHERE d.txn_id = NEW.txn_id AND balance.account_id = d.account_id;
  INSERT INTO lot (account_id, contribution_id) SELECT account_id, contribution_id FROM lot_delta m WHERE m.txn_id = NEW.txn_id
    AND NOT EXISTS (SELECT 1 FROM lot l WHERE l.account_id = m.account_id AND l.contribution_id = m.contribution_id);
  UPDATE lot SET remaining = remaining + m.moved, received = lot.received + m.received, version = NEW.no, last_txn = NEW.txn_id,
      first_on = min(coalesce(lot.first_on, m.first_on), coalesce(m.first_on, lot.first_on)) FROM lot_delta m
    WHERE m.txn_id = NEW.txn_id AND lot.account_id = m.account_id AND lot.contribution_id = m.contribution_id;
  INSERT INTO line_total (account_id, line) SELECT account_id, line FROM line_delta m WHERE m.txn_id = NEW.txn_id
    AND NOT EXISTS (SELECT 1 FROM line_total l WHERE l.account_id = m.account_id AND l.line = m.line);
  UPDATE line_total SET total = total + m.moved, version = NEW.no, last_txn = NEW.txn_id FROM line_delta m
    WHERE m.txn_id = NEW.txn_id AND line_total.account_id = m.account_id AND line_total.line = m.line;
  INSERT INTO day_total (account_id, effective_on, line) SELECT account_id, effective_on, line FROM day_delta m
    WHERE m.txn_id = NEW.txn_id AND NOT EXISTS (SELECT 1 FROM day_total o
      WHERE o.account_id = m.account_id AND o.effective_on = m.effective_on AND o.line = m.line);
  UPDATE day_total SET total = total + m.moved, version = NEW.no, last_txn = NEW.txn_id FROM day_delta m
    WHERE m.txn_id = NEW.txn_id AND day_total.account_id = m.account_id AND day_total.effective_on = m.effective_on
      AND day_total.line = m.line; END
;;
