"""An index built again from a corpus as people have it: a .jsonl, a table, the index's own corpus, or the starter's.

again.py does it. What can be named stands here, so that a host lists the files to choose from without loading a build.
"""

from __future__ import annotations

OWN, STARTER = "own", "starter"  # as a corpus: the one that the index was built from; back to the starter index
TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".txt", ".json", ".json.gz", ".parquet")
