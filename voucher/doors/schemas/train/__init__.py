"""The shape of the nouns of 培训: classes, places in them, sessions and marks, checks on what was taught."""
