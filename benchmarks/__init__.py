"""Each performance figure of the project, one command each."""
