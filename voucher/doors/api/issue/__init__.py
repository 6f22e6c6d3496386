"""Nouns of 发券: programmes, rosters, applications, vouchers, phones."""
