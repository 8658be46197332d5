"""The switch that stops all marketing.

In: a press. Out: marketing stopped, or let go with an answer for what is late.
Always true: receipts and the like are not concerned.
"""
