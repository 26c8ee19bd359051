"""The pages of the register, of a record, and of its task."""
