"""个人信息: what is held of a person and why, who looked at it, and the way to be forgotten."""
