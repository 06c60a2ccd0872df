"""One file per flow: what comes in, what is kept, the step.  Rules live in the pure packages below."""
