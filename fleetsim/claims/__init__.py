"""Claims about architectures, held against paired runs: each with where it holds and where it is false.

`stated/` has one file a claim; `run` simulates, `verdict` judges, `page` and `output` show what came out.
"""
