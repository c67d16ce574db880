"""Downloads that are verified, resumed and tried at every mirror. Knows no index, no manifest and no encoder.

Why not huggingface_hub's `snapshot_download`: it accepts damaged files without an error (its issue 3643), asks one endpoint only,
and cannot be stopped by a host. Only client.py imports httpx.
"""
