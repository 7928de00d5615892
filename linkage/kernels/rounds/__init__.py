"""Visit rounds: who visits which household on which day, in which order, arriving when.

`plan_rounds` in `solve` is the way in. The routes of a day are found by PyVRP; what it has no words for (visits by two
at once, visits several times a week, lunch on the way) is arranged around it, and every plan passes `check`.
"""
