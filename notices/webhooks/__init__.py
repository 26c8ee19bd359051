"""Other systems that are told: which, of what, how it is signed, and how it reaches them."""
