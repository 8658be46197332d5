"""The brand kit: name, logo, colours, fonts, postal address and links that all mails wear.

In: a form. Out: a draft of the brand, its publication.
Always true: what is shown is a draft until it is published; all templates then wear it with their next
message.
"""
