"""The shape of what comes in and goes out over the API, one room per stage."""
