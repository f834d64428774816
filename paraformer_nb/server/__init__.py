"""The embedded service: DashScope's protocol on loopback, with an engine in this machine instead of the cloud."""
