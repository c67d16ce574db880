"""The channels of an index, each with one folder on the disk, and the arrays beside them that the ranker reads."""
