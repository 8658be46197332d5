"""What all pages about one journey show around what is theirs.

In: a request, an opened journey. Out: values for the template. Always true: nothing here changes anything.
"""
