"""axe-core in a page: what keeps people out who see, hear or move otherwise."""

from __future__ import annotations

import os
from typing import Any

import npm
import pytest

WORST = ("serious", "critical")
_RUN = """async selectors => {
  const found = await axe.run({ include: selectors.map(one => [one]) }, { resultTypes: ["violations"] });
  return found.violations.map(({ impact, id, help, nodes }) =>
    ({ impact, id, help, nodes: nodes.map(node => `${node.html} ${node.any.map(check => check.message).join(" ")}`) }));
}"""


def source() -> str:
    """axe-core's code; the test is skipped, or in the full run fails, where it is not installed."""
    if not npm.is_prepared():
        how = "axe-core is not installed: python tests/hosts/npm.py prepare"
        if os.environ.get("DANBOORU_INDEX_TEST_FULL") == "1":
            pytest.fail(how)
        pytest.skip(how)
    return npm.axe()


def findings(page: Any, axe: str, *selectors: str) -> list[dict[str, Any]]:
    """The serious and critical findings in what these selectors name; each of them must be there."""
    for selector in selectors:
        page.locator(selector).first.wait_for()
    page.evaluate(f"() => {{ if (!window.axe) {{ {axe} }} }}")
    return [one for one in page.evaluate(_RUN, list(selectors)) if one["impact"] in WORST]
