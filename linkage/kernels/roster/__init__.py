"""Who serves which shift: a roster from numbers, with its bound and its reasons.

Give a `problem.RosterProblem` to `solve.schedule`; ask `reasons` why something was not possible and
`replacement` who could step in. Nothing here knows names, dates or text.
"""
