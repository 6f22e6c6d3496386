"""Who and what: people, institutions, accounts, the catalogue of occupations, and the standards."""
