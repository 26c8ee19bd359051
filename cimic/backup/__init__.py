"""Back-up: the database and the attachments as one file, taken in use, sealed, and put back."""
