"""What raises somebody's level beside certificates: contests, honours, the ladder, the categories."""
