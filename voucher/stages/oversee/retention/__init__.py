"""到期清除: what is held longer than its time is listed, told, confirmed by another person and destroyed."""
