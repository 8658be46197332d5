"""The commands that ask or tell a Slinga something, one module a subject; `slinga.cli` names them."""
