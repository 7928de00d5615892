"""Rosters of hundreds to ten thousand volunteers: prices for seats, an exact schedule for each person, local search.

`solve.schedule_at_scale` is the way in; its parts are loaded by it alone, because they load the compiler. Everything is
a whole number; phases end by counts.
"""
