"""Templates: the list, the gallery, the editor with and without script.

In: a template's key, forms, an island's document. Out: pages, drafts.
Always true: nothing here is sent or published; what is edited is a draft, and its revision goes along, so
that nobody overwrites what a colleague saved meanwhile.
"""
