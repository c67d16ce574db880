"""Opening httpx's client, by the proxies and certificates of this computer. The only file that imports httpx."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import HubError, MissingDependencyError

if TYPE_CHECKING:
    import httpx

_PROXIES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and SSL_CERT_FILE"


def open_client(read: float, connect: float) -> tuple[ModuleType, Callable[[], httpx.Client]]:
    """The module httpx, and what makes clients that give up after so many seconds without a byte, or without a connection.

    :raises MissingDependencyError: httpx is not installed, or lacks what a SOCKS proxy needs.
    :raises HubError: a proxy or certificate that the environment names cannot be used.
    """
    try:
        import httpx
    except ImportError as error:
        raise MissingDependencyError(
            f"The package httpx cannot be imported: {error}.", hint='Install it: pip install "httpx>=0.27"'
        ) from error
    try:
        # Read once: that takes longer than anything else here.
        certificates = httpx.create_ssl_context()

        def make() -> httpx.Client:
            # Redirects are followed by HubClient: httpx drops the token on another host, and the commit may stand on one.
            return httpx.Client(
                timeout=httpx.Timeout(read, connect=connect),
                follow_redirects=False,
                headers={"User-Agent": "danbooru-index", "Accept-Encoding": "identity"},
                verify=certificates,
            )

        # A first one here, since what is wrong with the proxies shows only then.
        make().close()
        return httpx, make
    except ImportError as error:
        raise MissingDependencyError(
            "The environment names a SOCKS proxy (ALL_PROXY or HTTPS_PROXY), and the package socksio is not installed.",
            hint='Install it: pip install "httpx[socks]", or name the same proxy as http://, or unset the variable.',
        ) from error
    except (ValueError, OSError, httpx.InvalidURL) as error:
        raise HubError(
            f"The proxy or certificate settings of this computer cannot be used: {error}.",
            hint=f"Correct or unset these variables of the environment: {_PROXIES}.",
        ) from error
