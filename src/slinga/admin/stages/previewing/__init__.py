"""A draft of a model, looked at before it is in force: about who would stand where, and then exactly."""
