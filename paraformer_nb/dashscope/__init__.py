"""DashScope's real-time protocol without I/O: messages, models, parameters, error codes, both state machines."""
