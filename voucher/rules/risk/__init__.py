"""Risk rules (风险规则) R01–R28: pure functions over plain fact rows, each flag with its figure and rows.

facts       the tables the rules read, one row type each: from the database, or from a folder of CSV files
findings    what a rule says: subject, figure, threshold, median of its peers, rows behind it, a sentence
measures    whole-number statistics and the local day and hour of a moment
presence, teaching, exams, people, money, counters, offices, clusters   the rules themselves
catalogue   all of them with their names, thresholds, tables and whether they stop a payment
"""
