CREATE TRIGGER award_in_place_of_an_ended_one BEFORE INSERT ON award
  WHEN NEW.replaces_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM award AS ended JOIN award_end ON award_end.award_id = ended.id
    WHERE ended.id = NEW.replaces_id AND ended.application_id = NEW.application_id AND ended.prize = NEW.prize AND ended.part = NEW.part
      AND ended.number = NEW.number - 1)
  BEGIN SELECT RAISE(ABORT, 'an award stands in place of an ended one only'); END
;;
CREATE TRIGGER award_of_one_still_in BEFORE INSERT ON award
  WHEN EXISTS (SELECT 1 FROM withdrawal WHERE application_id = NEW.application_id)
  BEGIN SELECT RAISE(ABORT, 'the application is withdrawn'); END
;;
CREATE TRIGGER submission_of_one_still_in BEFORE INSERT ON submission
  WHEN EXISTS (SELECT 1 FROM withdrawal WHERE application_id = NEW.application_id)
  BEGIN SELECT RAISE(ABORT, 'the application is withdrawn'); END
;;
CREATE TRIGGER read_of_one_still_in BEFORE INSERT ON judge_read
  WHEN EXISTS (SELECT 1 FROM withdrawal WHERE application_id = NEW.application_id)
  BEGIN SELECT RAISE(ABORT, 'the application is withdrawn'); END
;;
CREATE TRIGGER read_in_place_of_the_last BEFORE INSERT ON judge_read
  WHEN NEW.supersedes_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM judge_read AS last WHERE last.id = NEW.supersedes_id
    AND last.application_id = NEW.application_id AND last.phase = NEW.phase AND last.judge = NEW.judge AND last.revision = NEW.revision - 1)
  BEGIN SELECT RAISE(ABORT, 'a read stands in place of the last by the same judge'); END
;;
CREATE TRIGGER read_without_recusal BEFORE INSERT ON judge_read
  WHEN EXISTS (SELECT 1 FROM recusal WHERE judge_id = NEW.judge_id AND application_id = NEW.application_id)
  BEGIN SELECT RAISE(ABORT, 'the judge is recused'); END
;;
CREATE TRIGGER read_before_the_freeze BEFORE INSERT ON judge_read
  WHEN EXISTS (SELECT 1 FROM calibration WHERE challenge_id = NEW.challenge_id AND phase = NEW.phase)
  BEGIN SELECT RAISE(ABORT, 'the scores of this phase are frozen'); END
;;
