"""发券: programmes and the vouchers issued from them."""
