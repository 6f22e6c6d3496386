"""Pages of the office for 发券: programmes, rosters, applications, vouchers."""
