"""Fits the ranker that ships, on several corpora at once. `python -m training --help`; needs torch, which the package does not."""
