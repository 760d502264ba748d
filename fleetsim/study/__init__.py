"""Studies: what runs are made to answer a question, and what came of them."""
