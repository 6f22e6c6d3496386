"""培训: classes, redemption and attendance."""
