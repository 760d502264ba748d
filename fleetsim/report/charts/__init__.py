"""Charts of the report, one file a chart; every chart comes with the table that says the same in words."""
