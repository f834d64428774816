"""DashScope's real-time recognition protocol, without I/O: messages, parameters, error codes, both sides of a task."""
