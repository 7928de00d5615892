"""Who serves which need: a matching from numbers, with its bound and its reasons.

Give a `problem.AssignmentProblem` to `solve.match`; its result carries `reasons` for every match and every
unmet need, with the cheapest change that meets it, which `changes.apply_change` carries out; `check.verify` tells
whether a plan keeps the rules. Nothing here knows names, dates or text.
"""
