"""The embedded service: connection, task, engine; demuxers, faults and limits."""
