"""A text -> the spans of it that may name things, what it excludes, whom it counts, and what of it is wanted. Pure."""
