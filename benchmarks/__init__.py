"""What is claimed about speed: ratios to the bare limit measured in the same run, never a timed test."""
