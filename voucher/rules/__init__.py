"""The law and the arithmetic: pure functions; working days, rates and parameters arrive as arguments."""
