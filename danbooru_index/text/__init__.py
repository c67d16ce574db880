"""Text as Unicode: folding for comparison, and how words sound."""
