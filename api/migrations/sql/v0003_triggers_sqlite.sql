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
CREATE TRIGGER award_of_a_prize_not_settled BEFORE INSERT ON award
  WHEN EXISTS (SELECT 1 FROM prize_end WHERE challenge_id = NEW.challenge_id AND prize = NEW.prize)
  BEGIN SELECT RAISE(ABORT, 'the prize is settled'); END
;;
CREATE TRIGGER award_step_before_the_end BEFORE INSERT ON award_step
  WHEN EXISTS (SELECT 1 FROM award_end WHERE award_id = NEW.award_id)
  BEGIN SELECT RAISE(ABORT, 'the award has ended'); END
;;
CREATE TRIGGER award_step_approved_with_money BEFORE INSERT ON award_step
  WHEN NEW.state = 'approved' AND NEW.txn_id IS NULL AND EXISTS (SELECT 1 FROM award WHERE id = NEW.award_id AND amount > 0)
  BEGIN SELECT RAISE(ABORT, 'an approved award has its money'); END
;;
CREATE TRIGGER award_step_by_another_person BEFORE INSERT ON award_step
  WHEN NEW.state = 'approved' AND EXISTS (SELECT 1 FROM award WHERE id = NEW.award_id AND maker = NEW.actor AND maker <> '')
  BEGIN SELECT RAISE(ABORT, 'who proposes an award does not approve it'); END
;;
CREATE TRIGGER award_step_after_the_step_before BEFORE INSERT ON award_step
  WHEN (NEW.state = 'accepted' AND NOT EXISTS (SELECT 1 FROM award_step WHERE award_id = NEW.award_id AND state = 'approved'))
    OR (NEW.state = 'committed' AND NOT EXISTS (SELECT 1 FROM award_step WHERE award_id = NEW.award_id AND state = 'accepted'))
  BEGIN SELECT RAISE(ABORT, 'an award moves one step at a time'); END
;;
CREATE TRIGGER award_step_while_not_held BEFORE INSERT ON award_step
  WHEN NEW.state = 'committed' AND EXISTS (SELECT 1 FROM award_hold LEFT JOIN ruling ON ruling.appeal_id = award_hold.appeal_id WHERE award_hold.award_id = NEW.award_id AND ruling.appeal_id IS NULL)
  BEGIN SELECT RAISE(ABORT, 'the award is held'); END
;;
CREATE TRIGGER award_payment_of_an_approved_award BEFORE INSERT ON award_payment
  WHEN NOT EXISTS (SELECT 1 FROM award_step WHERE award_id = NEW.award_id AND state = 'approved')
  BEGIN SELECT RAISE(ABORT, 'the award is not approved'); END
;;
CREATE TRIGGER award_payment_before_the_end BEFORE INSERT ON award_payment
  WHEN EXISTS (SELECT 1 FROM award_end WHERE award_id = NEW.award_id)
  BEGIN SELECT RAISE(ABORT, 'the award has ended'); END
;;
CREATE TRIGGER award_payment_while_not_held BEFORE INSERT ON award_payment
  WHEN EXISTS (SELECT 1 FROM award_hold LEFT JOIN ruling ON ruling.appeal_id = award_hold.appeal_id WHERE award_hold.award_id = NEW.award_id AND ruling.appeal_id IS NULL)
  BEGIN SELECT RAISE(ABORT, 'the award is held'); END
;;
CREATE TRIGGER award_payment_within_the_award BEFORE INSERT ON award_payment
  WHEN NEW.amount + (SELECT COALESCE(SUM(amount), 0) FROM award_payment WHERE award_id = NEW.award_id) >
    (SELECT amount FROM award WHERE id = NEW.award_id)
  BEGIN SELECT RAISE(ABORT, 'the award is paid already'); END
;;
CREATE TRIGGER award_end_of_an_unpaid_award BEFORE INSERT ON award_end
  WHEN EXISTS (SELECT 1 FROM award_payment WHERE award_id = NEW.award_id)
  BEGIN SELECT RAISE(ABORT, 'the award is paid already'); END
;;
CREATE TRIGGER award_end_with_its_money BEFORE INSERT ON award_end
  WHEN NEW.txn_id IS NULL AND EXISTS (SELECT 1 FROM award_step WHERE award_id = NEW.award_id AND txn_id IS NOT NULL)
  BEGIN SELECT RAISE(ABORT, 'the money of an ended award goes back'); END
;;
CREATE TRIGGER prize_end_without_open_appeal BEFORE INSERT ON prize_end
  WHEN EXISTS (SELECT 1 FROM appeal LEFT JOIN ruling ON ruling.appeal_id = appeal.id WHERE appeal.challenge_id = NEW.challenge_id AND ruling.appeal_id IS NULL)
  BEGIN SELECT RAISE(ABORT, 'an appeal is open'); END
;;
