CREATE TRIGGER draft_fixed BEFORE INSERT ON agreement_draft
  WHEN EXISTS (SELECT 1 FROM agreement_move WHERE agreement_id = NEW.agreement_id AND no > 1)
  BEGIN SELECT RAISE(ABORT, 'a proposed agreement is fixed'); END
;;
CREATE TRIGGER duty_fixed BEFORE INSERT ON agreement_duty
  WHEN EXISTS (SELECT 1 FROM agreement_move WHERE agreement_id = NEW.agreement_id AND no > 1)
  BEGIN SELECT RAISE(ABORT, 'a proposed agreement is fixed'); END
;;
CREATE TRIGGER party_fixed BEFORE INSERT ON agreement_party
  WHEN EXISTS (SELECT 1 FROM agreement_move WHERE agreement_id = NEW.agreement_id AND no > 1)
  BEGIN SELECT RAISE(ABORT, 'a proposed agreement is fixed'); END
;;
CREATE TRIGGER source_fixed BEFORE INSERT ON agreement_source
  WHEN NEW.maximum > 0 AND EXISTS (SELECT 1 FROM agreement_move WHERE agreement_id = NEW.agreement_id AND no > 1)
  BEGIN SELECT RAISE(ABORT, 'a proposed agreement is fixed'); END
;;
CREATE TRIGGER signed_by_all BEFORE INSERT ON agreement_move
  WHEN NEW.state = 'active' AND NEW.from_state = 'proposed' AND EXISTS (
    SELECT 1 FROM agreement_party p WHERE p.agreement_id = NEW.agreement_id AND NOT EXISTS (
      SELECT 1 FROM agreement_signature s WHERE s.agreement_id = p.agreement_id AND s.term_party = p.term_party))
  BEGIN SELECT RAISE(ABORT, 'an agreement is active when everybody has signed'); END
;;
CREATE TRIGGER undisputed BEFORE INSERT ON agreement_move
  WHEN NEW.state IN ('measured','terminated','closed') AND EXISTS (
    SELECT 1 FROM dispute d WHERE d.agreement_id = NEW.agreement_id AND NOT EXISTS (
      SELECT 1 FROM resolution r WHERE r.dispute_id = d.id))
  BEGIN SELECT RAISE(ABORT, 'an agreement in dispute does not end'); END
;;
CREATE TRIGGER made_by_interest BEFORE INSERT ON amendment
  WHEN NOT EXISTS (SELECT 1 FROM agreement_party
    WHERE agreement_id = NEW.agreement_id AND term_party = NEW.maker AND duty = 'interested')
  BEGIN SELECT RAISE(ABORT, 'who amends has money in the agreement'); END
;;
CREATE TRIGGER approved_by_others BEFORE INSERT ON amendment_approval
  WHEN EXISTS (SELECT 1 FROM agreement_party m JOIN agreement_party p ON p.agreement_id = m.agreement_id
    WHERE m.agreement_id = NEW.agreement_id AND m.term_party = NEW.maker AND p.term_party = NEW.term_party
      AND (p.party_id = m.party_id OR p.duty <> 'interested'))
  BEGIN SELECT RAISE(ABORT, 'another party with money in the agreement approves'); END
;;
CREATE TRIGGER approved_by_all BEFORE INSERT ON amendment_start
  WHEN EXISTS (SELECT 1 FROM amendment a
    JOIN agreement_party m ON m.agreement_id = a.agreement_id AND m.term_party = a.maker
    JOIN agreement_party p ON p.agreement_id = a.agreement_id AND p.duty = 'interested' AND p.party_id <> m.party_id
    WHERE a.id = NEW.amendment_id AND NOT EXISTS (
      SELECT 1 FROM amendment_approval x WHERE x.amendment_id = a.id AND x.term_party = p.term_party))
    OR NEW.ordinal <> 1 + (SELECT count(*) FROM amendment_start WHERE agreement_id = NEW.agreement_id)
  BEGIN SELECT RAISE(ABORT, 'an amendment is in force, in its place, when all have approved'); END
;;
CREATE TRIGGER paid_while_it_stands BEFORE INSERT ON payout_paid
  WHEN EXISTS (SELECT 1 FROM payout_void WHERE payout_id = NEW.payout_id)
  BEGIN SELECT RAISE(ABORT, 'a payout that was given up is not carried out'); END
;;
CREATE TRIGGER paid_undisputed BEFORE INSERT ON payout_paid
  WHEN NEW.direction = 'out' AND EXISTS (
    SELECT 1 FROM payout p JOIN settlement s ON s.id = p.settlement_id JOIN dispute d ON d.claim_id = s.claim_id
    WHERE p.id = NEW.payout_id AND NOT EXISTS (SELECT 1 FROM resolution r WHERE r.dispute_id = d.id))
  BEGIN SELECT RAISE(ABORT, 'a payout on a finding in dispute is not carried out'); END
;;
CREATE TRIGGER waits_for_one BEFORE INSERT ON payout_wait
  WHEN NEW.n <> 1 + (SELECT count(*) FROM payout_wait WHERE payout_id = NEW.payout_id)
    OR EXISTS (SELECT 1 FROM payout_wait w WHERE w.payout_id = NEW.payout_id
      AND NOT EXISTS (SELECT 1 FROM rejection r WHERE r.proposal_id = w.proposal_id))
  BEGIN SELECT RAISE(ABORT, 'a payout waits for one proposal, and for another once that was rejected'); END
;;
CREATE TRIGGER given_up_unpaid BEFORE INSERT ON payout_void
  WHEN EXISTS (SELECT 1 FROM payout_paid WHERE payout_id = NEW.payout_id)
  BEGIN SELECT RAISE(ABORT, 'a payout that was carried out is not given up'); END
;;
