"""Alembic's migrations: how one schema becomes the next. They never import tables or rules."""
