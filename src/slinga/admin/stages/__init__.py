"""The editor of lifecycle models: stages, statuses and rules on both sides of the knot, as plain forms.

In: forms over a draft of a model's document. Out: the draft changed; pages; a publication.
Always true: what is edited is a draft and moves nobody; one press is one change and one revision; a draft may
be unfinished, and the page says what it lacks.
"""
