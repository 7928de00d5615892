"""Who serves which need: a matching from numbers, with its bound and its reasons.

Give a `problem.AssignmentProblem` to `solve.match`; its result carries `reasons` for every match and every
unmet need, and `check.verify` tells whether a plan keeps the rules. After a change `rematch.rematch` goes on from
the plan that stands. Nothing here knows names, dates or text.
"""
