"""The admin API: what a shop's servers and the team's programs may ask and do, under /api/v1.

In: calls with a secret key. Out: documents, as /api/openapi.json says.
Always true: thin over the stages: what is decided is decided there; a route that `scopes` does not name is
refused; every write is done once, and stands in the audit log.
"""
