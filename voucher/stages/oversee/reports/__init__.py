"""定期报告: figures frozen at a cut-off, with a version and a hash."""
