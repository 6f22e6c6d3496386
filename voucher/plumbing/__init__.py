"""Database, unit of work, clock, secrets, files and jobs; this floor knows no voucher."""
