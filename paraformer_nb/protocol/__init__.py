"""Floor 2: both sides of the protocol as sans-I/O state machines, its parameters and its error codes."""
