"""What other systems know of people: who is asked for which fact, what was answered, and every call."""
