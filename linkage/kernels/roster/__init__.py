"""Who serves which shift: a roster from numbers, with its bound and its reasons.

Give a `problem.RosterProblem` to `solve.schedule`; ask `reasons` why something was not possible, `prices` what one
unit more would save, and `replacement` who could step in; `replan` makes an accepted roster again after a disruption.
Nothing here knows names, dates or text.
"""
