"""职业技能电子培训券: real-name vouchers that turn into money only against a verified certificate."""
