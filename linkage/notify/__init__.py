"""Notices on their way out: the outbox, the channels, and sending (the only door to Apprise).

What is said and to whom is decided by the stages; nothing here composes text.
"""
