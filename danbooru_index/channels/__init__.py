"""The channels of an index: each turns a query into candidate tags with scores, and stores itself in one folder."""
