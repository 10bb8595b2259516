"""The main job, end to end, on published cases: from pledge to donor statement."""
