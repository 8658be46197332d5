"""The journey map: every stage by every channel, touchpoints and personas entered by hand, real ways.

In: a model and days; forms. Out: pages; rows of touchpoints and personas.
Always true: an empty cell is shown, with what could be done about it; nothing decides by what stands here.
"""
