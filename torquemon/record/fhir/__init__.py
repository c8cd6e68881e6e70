"""FHIR R4: an insertion as one transaction, put under ids that follow from the insertion's own.

`resources` builds, one file a kind; `bundle` puts them together; `checks` looks at them before they
leave; `client` and `auth` carry them; `exporter` is the destination, `command` the command line.
`fhir.resources` and `httpx` are imported only where they are used.
"""
