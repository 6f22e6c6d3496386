"""Pages of the office for 评价: appeals, contests and honours, who may evaluate."""
