"""Linkage 五社联动: the workflow system for community-service projects.

The package is layered; `pyproject.toml` states the arrows as import contracts. Read `terms.py` for the
words, `rules/` for what is decided, `stages/` for what is done.
"""

__version__ = "0.1.0"
