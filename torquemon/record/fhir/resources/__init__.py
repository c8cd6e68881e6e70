"""One small builder for each kind of resource: plain data in the shape of R4, checked later."""
