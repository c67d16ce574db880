"""What the tests of publishing share: the repository, what its card says, and an upload to the Hub of the tests."""

from __future__ import annotations

from dataclasses import replace

from hub_server import HubServer
from hub_versions import QUICK

from danbooru_index.hub.card import CardFacts
from danbooru_index.hub.publish import Plan, Target, publish
from danbooru_index.settings import Settings
from danbooru_index.transport.endpoints import Repository

REPOSITORY = Repository("test/published")
FACTS = CardFacts("cc-by-4.0", "Tags from a test, 2026.")


def upload(hub: HubServer, settings: Settings, plan: Plan, revision: str = "main") -> str:
    """Publish with a token that this Hub is trusted with; the commit."""
    trusted = replace(settings, token="hf_writer", token_endpoints=(hub.url,))
    return publish(plan, trusted, Target(hub.url, revision=revision), QUICK)
