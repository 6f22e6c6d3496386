"""Bonuses (奖补): what is asked for beside the subsidies, filed onto the same desk, notice and payment."""
