"""Use cases by stage: load, decide by a rule, save, queue what the parties are told.

A stage never commits (the unit of work does), never calls another stage and holds no rule. What all stages
share stands in `standing` (where a project stands), `steps` (how a step runs once) and `telling` (notices).
"""
