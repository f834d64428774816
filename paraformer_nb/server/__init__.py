"""Floor 3: the embedded service. `service` listens, `connection` serves one socket, `engines` recognise."""
