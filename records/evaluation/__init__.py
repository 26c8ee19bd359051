"""The evaluation pack: a period as one ZIP file, every figure traceable to its records."""
