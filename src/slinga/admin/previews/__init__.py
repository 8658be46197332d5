"""Previews: how a template looks as a mail to somebody, what is to mend, what publishing would change.

In: a template as it is edited, a person, a language, a way to look at it. Out: pages, a framed mail, a test.
Always true: what is shown comes from the renderer that sends; a mail is framed in a document of its own,
without script; looking writes nothing; a test goes to the member's own address and is counted nowhere.
"""
