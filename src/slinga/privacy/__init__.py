"""What people may ask of us, and what we must keep to for ever.

In: people's keys. Out: exports, erasures, and the journal of obligations that outlives the database.
Always true: whoever was erased or said no stays so, whatever backup is restored.
"""
