"""The engines: a Plan and its tasks go in, Records come out."""
