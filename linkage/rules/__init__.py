"""Pure decisions, by stage: no database, clock, web or template.

A rule takes records and arguments such as `today` and returns a plan or an answer; whoever asked carries it out.
"""
