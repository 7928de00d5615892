"""Reading the files that others made: survey exports of 问卷星, KoboToolbox, ODK and of anything a mapping describes.

Everything here treats its input as foreign and possibly hostile. It reads, checks and reports; it never writes
a file, never opens the database and decides nothing about needs. `read_survey` in `read.py` is the way in.
"""
