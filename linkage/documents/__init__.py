"""Rendering: the only door to Jinja2, Typst, Vega-Lite and XlsxWriter.

A frozen context goes in, finished files come out, whole or not at all. Nothing here decides what a document
says: figures and texts arrive counted and checked, and their wording stands in templates.
"""
