"""`python -m danbooru_index`."""

import sys

from .cli import main

sys.exit(main())
