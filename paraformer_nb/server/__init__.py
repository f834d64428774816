"""Floor 3: the embedded service. `service` listens, `connection` serves one socket, `task` a task, `engines` recognise.

`wire` is the socket, `faults` what may be asked to go wrong on it (`faulty_wire` makes it so), `limits` what is borne,
`wording` what parameters do to words, `log` what is told of it all.
"""
