"""The style guide as tests: each guard is proven by a planted sin."""
