"""持证: certificates from the evaluator, the register extract, and the match of both."""
