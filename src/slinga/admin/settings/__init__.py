"""The settings of the workspace: sending, channels, rules of sending, consent, retention, and how it does.

In: forms. Out: pages; rules and topics published as the policy; findings about domain and mail server.
Always true: what only the environment sets is shown and said to be so; a secret is never shown.
"""
