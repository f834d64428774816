"""Where to connect and how: DashScope, Embedded; API keys."""
