"""The shape of the nouns of 发券: programmes, rosters, applications, vouchers, phones."""
