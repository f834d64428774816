"""A clip over a WebSocket: one session of attempts, its feed, its timeouts and retries."""
