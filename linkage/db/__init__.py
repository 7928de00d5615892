"""The store: tables by noun, sessions, sealing of personal columns, the audit chain, read queries, migrations.

Nothing here decides anything about a project; rules do. Nothing here commits but `Work.begin`.
"""
