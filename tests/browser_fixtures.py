"""The browser as a fixture: `pytest_plugins = ["browser_fixtures"]` in a test module brings it."""

from browser_page import browser

__all__ = ["browser"]
