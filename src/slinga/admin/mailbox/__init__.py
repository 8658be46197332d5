"""The development mailbox: what would have been sent.

In: an address, a number. Out: mails as they would have gone over the wire.
Always true: the HTML of a message is shown apart, in a sandbox.
"""
