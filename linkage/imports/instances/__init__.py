"""Reading problems for the optimisers from JSON files, and telling the plans found in the files' own ids.

One module for each kind of problem declares its format once (`fields`), from which both the checks and the JSON
Schema come. Every mistake of a file is told at once with its path, what is wrong and what would be right. Files are
foreign: size and depth are bounded. Nothing is solved here.
"""
