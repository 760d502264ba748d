"""Answer quality: which answers are right, and what routers and judges see of it."""
