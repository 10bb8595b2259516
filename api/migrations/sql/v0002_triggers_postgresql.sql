CREATE FUNCTION almoner_agreement_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_TABLE_NAME = 'agreement_source' THEN
    IF (to_jsonb(NEW) ->> 'maximum')::BIGINT = 0 THEN RETURN NEW; END IF;
  END IF;
  IF EXISTS (SELECT 1 FROM agreement_move WHERE agreement_id = NEW.agreement_id AND no > 1) THEN
    RAISE EXCEPTION 'a proposed agreement is fixed' USING ERRCODE = 'AL011'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER fixed BEFORE INSERT ON agreement_draft FOR EACH ROW EXECUTE FUNCTION almoner_agreement_fixed()
;;
CREATE TRIGGER fixed BEFORE INSERT ON agreement_duty FOR EACH ROW EXECUTE FUNCTION almoner_agreement_fixed()
;;
CREATE TRIGGER fixed BEFORE INSERT ON agreement_party FOR EACH ROW EXECUTE FUNCTION almoner_agreement_fixed()
;;
CREATE TRIGGER fixed BEFORE INSERT ON agreement_source FOR EACH ROW EXECUTE FUNCTION almoner_agreement_fixed()
;;
CREATE FUNCTION almoner_agreement_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.state = 'active' AND NEW.from_state = 'proposed' AND EXISTS (
    SELECT 1 FROM agreement_party p WHERE p.agreement_id = NEW.agreement_id AND NOT EXISTS (
      SELECT 1 FROM agreement_signature s WHERE s.agreement_id = p.agreement_id AND s.term_party = p.term_party)) THEN
    RAISE EXCEPTION 'an agreement is active when everybody has signed' USING ERRCODE = 'AL011'; END IF;
  IF NEW.state IN ('measured','terminated','closed') AND EXISTS (
    SELECT 1 FROM dispute d WHERE d.agreement_id = NEW.agreement_id AND NOT EXISTS (
      SELECT 1 FROM resolution r WHERE r.dispute_id = d.id)) THEN
    RAISE EXCEPTION 'an agreement in dispute does not end' USING ERRCODE = 'AL011'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER moved BEFORE INSERT ON agreement_move FOR EACH ROW EXECUTE FUNCTION almoner_agreement_moved()
;;
CREATE FUNCTION almoner_amended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_TABLE_NAME = 'amendment' THEN
    IF NOT EXISTS (SELECT 1 FROM agreement_party
      WHERE agreement_id = NEW.agreement_id AND term_party = NEW.maker AND duty = 'interested') THEN
      RAISE EXCEPTION 'who amends has money in the agreement' USING ERRCODE = 'AL011'; END IF;
  ELSIF TG_TABLE_NAME = 'amendment_approval' THEN
    IF EXISTS (SELECT 1 FROM agreement_party m JOIN agreement_party p ON p.agreement_id = m.agreement_id
      WHERE m.agreement_id = NEW.agreement_id AND m.term_party = NEW.maker AND p.term_party = NEW.term_party
        AND (p.party_id = m.party_id OR p.duty <> 'interested')) THEN
      RAISE EXCEPTION 'another party with money in the agreement approves' USING ERRCODE = 'AL011'; END IF;
  ELSIF EXISTS (SELECT 1 FROM amendment a
    JOIN agreement_party m ON m.agreement_id = a.agreement_id AND m.term_party = a.maker
    JOIN agreement_party p ON p.agreement_id = a.agreement_id AND p.duty = 'interested' AND p.party_id <> m.party_id
    WHERE a.id = NEW.amendment_id AND NOT EXISTS (
      SELECT 1 FROM amendment_approval x WHERE x.amendment_id = a.id AND x.term_party = p.term_party))
    OR NEW.ordinal <> 1 + (SELECT count(*) FROM amendment_start WHERE agreement_id = NEW.agreement_id) THEN
    RAISE EXCEPTION 'an amendment is in force, in its place, when all have approved' USING ERRCODE = 'AL011'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER amended BEFORE INSERT ON amendment FOR EACH ROW EXECUTE FUNCTION almoner_amended()
;;
CREATE TRIGGER amended BEFORE INSERT ON amendment_approval FOR EACH ROW EXECUTE FUNCTION almoner_amended()
;;
CREATE TRIGGER amended BEFORE INSERT ON amendment_start FOR EACH ROW EXECUTE FUNCTION almoner_amended()
;;
CREATE FUNCTION almoner_payout_waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM 1 FROM payout WHERE id = NEW.payout_id FOR UPDATE;
  IF NEW.n <> 1 + (SELECT count(*) FROM payout_wait WHERE payout_id = NEW.payout_id)
    OR EXISTS (SELECT 1 FROM payout_wait w WHERE w.payout_id = NEW.payout_id
      AND NOT EXISTS (SELECT 1 FROM rejection r WHERE r.proposal_id = w.proposal_id)) THEN
    RAISE EXCEPTION 'a payout waits for one proposal, and for another once that was rejected' USING ERRCODE = 'AL011'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER one_only BEFORE INSERT ON payout_wait FOR EACH ROW EXECUTE FUNCTION almoner_payout_waits()
;;
CREATE FUNCTION almoner_paid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM 1 FROM payout WHERE id = NEW.payout_id FOR UPDATE;
  IF TG_TABLE_NAME = 'payout_void' THEN
    IF EXISTS (SELECT 1 FROM payout_paid WHERE payout_id = NEW.payout_id) THEN
      RAISE EXCEPTION 'a payout that was carried out is not given up' USING ERRCODE = 'AL011'; END IF;
    RETURN NEW; END IF;
  IF EXISTS (SELECT 1 FROM payout_void WHERE payout_id = NEW.payout_id) THEN
    RAISE EXCEPTION 'a payout that was given up is not carried out' USING ERRCODE = 'AL011'; END IF;
  IF NEW.direction = 'out' AND EXISTS (
    SELECT 1 FROM payout p JOIN settlement s ON s.id = p.settlement_id JOIN dispute d ON d.claim_id = s.claim_id
    WHERE p.id = NEW.payout_id AND NOT EXISTS (SELECT 1 FROM resolution r WHERE r.dispute_id = d.id)) THEN
    RAISE EXCEPTION 'a payout on a finding in dispute is not carried out' USING ERRCODE = 'AL011'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER paid BEFORE INSERT ON payout_paid FOR EACH ROW EXECUTE FUNCTION almoner_paid()
;;
CREATE TRIGGER paid BEFORE INSERT ON payout_void FOR EACH ROW EXECUTE FUNCTION almoner_paid()
;;
