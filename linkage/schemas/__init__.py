"""Frozen records and the file formats people write (charter, rubric), by noun.

Nothing here touches a database, a clock or a network. Checks on what people wrote return every problem at
once, each with its line and what would be right; they do not raise on the first.
"""
