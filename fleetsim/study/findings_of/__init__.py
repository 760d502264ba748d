"""What studies found, in the form in which reports show it: one file a kind of study, each with its `study_of`."""
