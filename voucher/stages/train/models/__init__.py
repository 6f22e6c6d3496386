"""What the training stage keeps: classes and their sessions, enrolments and redemptions, attendance."""
