"""An upload in a process of its own, for runs that kill it: `python publisher.py FOLDER REPOSITORY ENDPOINT`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from danbooru_index.hub.card import CardFacts
from danbooru_index.hub.publish import Target, plan_publish, publish
from danbooru_index.settings import load_settings
from danbooru_index.transport.endpoints import Repository

plan = plan_publish(Path(sys.argv[1]), Repository(sys.argv[2]), CardFacts("cc0-1.0", "soak"))
publish(plan, load_settings(), Target(sys.argv[3]))
