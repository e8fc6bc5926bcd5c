"""One module per question: tallies become tidy results."""
