"""Pages of the office for 培训: classes, what changes in them, checks on what was taught."""
