CREATE FUNCTION almoner_award_in_place() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM award AS ended JOIN award_end ON award_end.award_id = ended.id
      WHERE ended.id = NEW.replaces_id AND ended.application_id = NEW.application_id AND ended.prize = NEW.prize AND ended.part = NEW.part
        AND ended.number = NEW.number - 1) THEN
    RAISE EXCEPTION 'an award stands in place of an ended one only' USING ERRCODE = 'AL020'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER in_place BEFORE INSERT ON award FOR EACH ROW EXECUTE FUNCTION almoner_award_in_place()
;;
CREATE FUNCTION almoner_still_in() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM withdrawal WHERE application_id = NEW.application_id) THEN
    RAISE EXCEPTION 'the application is withdrawn' USING ERRCODE = 'AL021'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER still_in BEFORE INSERT ON award FOR EACH ROW EXECUTE FUNCTION almoner_still_in()
;;
CREATE TRIGGER still_in BEFORE INSERT ON submission FOR EACH ROW EXECUTE FUNCTION almoner_still_in()
;;
CREATE TRIGGER still_in BEFORE INSERT ON judge_read FOR EACH ROW EXECUTE FUNCTION almoner_still_in()
;;
CREATE FUNCTION almoner_read_in_place() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.supersedes_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM judge_read AS last WHERE last.id = NEW.supersedes_id
      AND last.application_id = NEW.application_id AND last.phase = NEW.phase AND last.judge = NEW.judge AND last.revision = NEW.revision - 1) THEN
    RAISE EXCEPTION 'a read stands in place of the last by the same judge' USING ERRCODE = 'AL022'; END IF;
  IF EXISTS (SELECT 1 FROM recusal WHERE judge_id = NEW.judge_id AND application_id = NEW.application_id) THEN
    RAISE EXCEPTION 'the judge is recused' USING ERRCODE = 'AL023'; END IF;
  IF EXISTS (SELECT 1 FROM calibration WHERE challenge_id = NEW.challenge_id AND phase = NEW.phase) THEN
    RAISE EXCEPTION 'the scores of this phase are frozen' USING ERRCODE = 'AL024'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER in_place BEFORE INSERT ON judge_read FOR EACH ROW EXECUTE FUNCTION almoner_read_in_place()
;;
CREATE FUNCTION almoner_award_prize() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM prize_end WHERE challenge_id = NEW.challenge_id AND prize = NEW.prize) THEN
    RAISE EXCEPTION 'the prize is settled' USING ERRCODE = 'AL030'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER lawful BEFORE INSERT ON award FOR EACH ROW EXECUTE FUNCTION almoner_award_prize()
;;
CREATE FUNCTION almoner_award_step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM award_end WHERE award_id = NEW.award_id) THEN
    RAISE EXCEPTION 'the award has ended' USING ERRCODE = 'AL031'; END IF;
  IF NEW.state = 'approved' AND NEW.txn_id IS NULL AND EXISTS (SELECT 1 FROM award WHERE id = NEW.award_id AND amount > 0) THEN
    RAISE EXCEPTION 'an approved award has its money' USING ERRCODE = 'AL031'; END IF;
  IF NEW.state = 'approved' AND EXISTS (SELECT 1 FROM award WHERE id = NEW.award_id AND maker = NEW.actor AND maker <> '') THEN
    RAISE EXCEPTION 'who proposes an award does not approve it' USING ERRCODE = 'AL031'; END IF;
  IF (NEW.state = 'accepted' AND NOT EXISTS (SELECT 1 FROM award_step WHERE award_id = NEW.award_id AND state = 'approved'))
    OR (NEW.state = 'committed' AND NOT EXISTS (SELECT 1 FROM award_step WHERE award_id = NEW.award_id AND state = 'accepted')) THEN
    RAISE EXCEPTION 'an award moves one step at a time' USING ERRCODE = 'AL031'; END IF;
  IF NEW.state = 'committed' AND EXISTS (SELECT 1 FROM award_hold LEFT JOIN ruling ON ruling.appeal_id = award_hold.appeal_id WHERE award_hold.award_id = NEW.award_id AND ruling.appeal_id IS NULL) THEN
    RAISE EXCEPTION 'the award is held' USING ERRCODE = 'AL031'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER lawful BEFORE INSERT ON award_step FOR EACH ROW EXECUTE FUNCTION almoner_award_step()
;;
CREATE FUNCTION almoner_award_payment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM award_step WHERE award_id = NEW.award_id AND state = 'approved') THEN
    RAISE EXCEPTION 'the award is not approved' USING ERRCODE = 'AL032'; END IF;
  IF EXISTS (SELECT 1 FROM award_end WHERE award_id = NEW.award_id) THEN
    RAISE EXCEPTION 'the award has ended' USING ERRCODE = 'AL032'; END IF;
  IF EXISTS (SELECT 1 FROM award_hold LEFT JOIN ruling ON ruling.appeal_id = award_hold.appeal_id WHERE award_hold.award_id = NEW.award_id AND ruling.appeal_id IS NULL) THEN
    RAISE EXCEPTION 'the award is held' USING ERRCODE = 'AL032'; END IF;
  IF NEW.amount + (SELECT COALESCE(SUM(amount), 0) FROM award_payment WHERE award_id = NEW.award_id) >
    (SELECT amount FROM award WHERE id = NEW.award_id) THEN
    RAISE EXCEPTION 'the award is paid already' USING ERRCODE = 'AL032'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER lawful BEFORE INSERT ON award_payment FOR EACH ROW EXECUTE FUNCTION almoner_award_payment()
;;
CREATE FUNCTION almoner_award_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM award_payment WHERE award_id = NEW.award_id) THEN
    RAISE EXCEPTION 'the award is paid already' USING ERRCODE = 'AL033'; END IF;
  IF NEW.txn_id IS NULL AND EXISTS (SELECT 1 FROM award_step WHERE award_id = NEW.award_id AND txn_id IS NOT NULL) THEN
    RAISE EXCEPTION 'the money of an ended award goes back' USING ERRCODE = 'AL033'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER lawful BEFORE INSERT ON award_end FOR EACH ROW EXECUTE FUNCTION almoner_award_end()
;;
CREATE FUNCTION almoner_prize_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM appeal LEFT JOIN ruling ON ruling.appeal_id = appeal.id WHERE appeal.challenge_id = NEW.challenge_id AND ruling.appeal_id IS NULL) THEN
    RAISE EXCEPTION 'an appeal is open' USING ERRCODE = 'AL034'; END IF;
  RETURN NEW; END $$
;;
CREATE TRIGGER lawful BEFORE INSERT ON prize_end FOR EACH ROW EXECUTE FUNCTION almoner_prize_end()
;;
