"""The desk: the pages on which a team sees the loop run, changes it and can stop it.

In: requests of signed-in members. Out: pages read from projections, tallies and definitions, and verbs.
Always true: every page works without script; every value from outside is shown as text, never as markup;
a page that asks a question changes nothing. `shell` is the frame and `drawing` draws pictures; every other
package is a room with the same file names: `api.py` (its routes), `store.py` and `store.sql` (its questions),
pure files for what is drawn, and a folder of templates with its name.
"""

from slinga.admin.shell import Desk, Hold, Late, LateAnswer

__all__ = ["Desk", "Hold", "Late", "LateAnswer"]
