"""What a study comes to, in words: the answer of a search, of runs side by side, or of differences and curves alone."""
