"""Simulation, for trying and demonstrating: a seeded world that behaves like a year of a project.

It plays the people, never the software: everything it does goes through the same use cases that people use. All
it makes is marked as simulated, in the project's row and so in every document. Its inputs are rates from the
charter; no total is written anywhere.
"""
