"""Orders, claims, remedies, promises and the case that ties them together: pure values, no I/O."""
