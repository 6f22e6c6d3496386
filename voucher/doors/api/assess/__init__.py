"""Nouns of 评价: exams, where and by whom, who came, appeals."""
