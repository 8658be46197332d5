"""Sources: who sends events, how to connect, what arrives, what was refused and how to mend it.

In: forms. Out: pages; write keys made and withdrawn, refused items taken in again.
Always true: what is live is read from the newest stretch of the log, however long the log is.
"""
