"""The pages of asking and answering."""
