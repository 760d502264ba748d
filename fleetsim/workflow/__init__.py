"""Workflows: named nodes, what makes a sound graph of them, and the tables an engine reads."""
