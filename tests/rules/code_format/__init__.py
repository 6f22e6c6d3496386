"""How codes are spelled: digits, credentials, presentations."""
