"""The condition builder: one form for segments, triggers, branches, stage rules, goals, exits, audiences.

In: a condition as JSON, or the fields of its form. Out: rows that read as a sentence; the JSON again.
Always true: what the form was drawn from reads back as the same condition; an unfinished condition stays as
it is and says what it lacks; the builder decides nothing.

How another room uses it: put `{{ builder.draw(tree, known) }}` of templates/conditions/builder.html into its
own form, read it back with `read(fields)`, and let buttons named `do` change it with `act(document, do)`.
Scripts may fetch the same part from POST /admin/conditions/builder; its element carries the JSON in
`data-condition` and tells of each change with the event `slinga:condition`.
"""

from slinga.admin.conditions.form import act, read
from slinga.admin.conditions.rows import Field, Group, Row, draw
from slinga.admin.conditions.values import Known

__all__ = ["Field", "Group", "Known", "Row", "act", "draw", "read"]
