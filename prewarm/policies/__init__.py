"""Keep-warm policies: these images stay warm on these nodes, as nodes come, go and lose images."""
