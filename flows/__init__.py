"""Prefect's side of Linkage: when a stage runs, how often it is retried and what is shown of it.

Nothing here decides anything about a project: rules live in `linkage.rules`, use cases in `linkage.stages`.
"""
