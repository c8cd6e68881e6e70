"""The recorder and the record: what stays of an insertion when it is over."""
