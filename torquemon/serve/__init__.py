"""The dashboard as a web page: textual-serve behind a guard of ours. Watching only."""
