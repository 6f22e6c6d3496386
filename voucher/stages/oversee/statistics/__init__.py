"""统计汇总: roll-ups kept in step with the sealed trail, and held against the slow query."""
