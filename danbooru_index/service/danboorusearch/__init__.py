"""The routes of the public DanbooruSearch API over our index, so that its callers need only another base URL.

What they send and read was taken from the API's newest generation: docs/hosts.md says where ours differs.
"""
