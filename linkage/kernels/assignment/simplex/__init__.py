"""A network simplex of our own, compiled: it starts from any flow, can be stopped after any pivot, and tells prices.

Use it through `flow`; nothing here knows needs, offers or objectives.
"""
