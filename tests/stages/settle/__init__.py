"""Stories of 兑现 beside the loop's: vouchers, claimed, ended, taken back and put back."""
