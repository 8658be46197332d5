"""Backups, restores, and moves of an installation from one database to another.

In: settings, a file. Out: a file, or a database that holds its mail until a person confirms.
Always true: a backup is consistent whatever goes on meanwhile; nothing is restored that does not verify; what
was forbidden or erased since the backup stays so.
"""
