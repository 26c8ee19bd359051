"""The words of the pages in the mission's languages: found, kept, checked, compiled."""
