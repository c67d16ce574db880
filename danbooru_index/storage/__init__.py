"""Files that are never half-written, locks of the operating system, raw arrays that grow."""
