"""Mathematics on counts: tallies, intervals, tests. No files, no plots, no notebooks."""
