"""A real browser for the tests of ComfyUI's page: Debian's Chromium, driven by Playwright.

``python tests/hosts/browser.py prepare`` installs it and a font for Chinese and Japanese, where apt-get and the right to
run it are there; elsewhere it says how to.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGES = ("chromium", "fonts-noto-cjk")
INSTALL_SECONDS = 900
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOW = f"apt-get install {' '.join(PACKAGES)}, as root, then python tests/hosts/browser.py prepare"


def executable() -> str | None:
    """The path of an installed Chromium, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> int:
    """Run ``prepare`` from the command line; 1 if apt-get failed, which is then reported on standard error."""
    if sys.argv[1:] != ["prepare"]:
        print("usage: python tests/hosts/browser.py prepare", file=sys.stderr)
        return 2
    may_install = shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0
    if executable() is None and may_install:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
            done = subprocess.run(
                ["apt-get", *command], env=environment, capture_output=True, text=True, timeout=INSTALL_SECONDS
            )
            if done.returncode:
                print(f"apt-get {command[0]} failed:\n{done.stderr[-2000:]}", file=sys.stderr)
                return 1
    found = executable()
    print(f"the browser is {found}" if found else f"there is no Chromium, so the page is not tested: {HOW}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
