"""The command line for officers; `main` is its entry point."""
