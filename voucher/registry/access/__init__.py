"""How people come in: passwords, codes, second factors, sessions, and who opens accounts for whom."""
