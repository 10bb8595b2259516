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
