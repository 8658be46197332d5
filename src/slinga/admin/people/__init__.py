"""People: found, and each one's page.

In: what somebody searches. Out: lists and lives.
Always true: nothing here changes anything.
"""
