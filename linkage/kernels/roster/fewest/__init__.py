"""The fewest people that cover everything: for rosters whose last aim, after coverage, is `people_used`.

Known in the literature as shift minimisation personnel task scheduling (Krishnamoorthy, Ernst and Baatar 2012).
"""
