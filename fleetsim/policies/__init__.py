"""Rules that decide: each family a folder, each rule a file."""
