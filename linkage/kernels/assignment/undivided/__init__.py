"""Seats needs that must not be divided: generalised assignment, by prices, local search and exact search.

`seating.seat` is the way in. Everything here is numbers; objectives and limits come from the package around it.
"""
