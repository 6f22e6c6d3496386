"""The command line for officers; `main` is its entry point."""

from voucher.cli.group import main as main
