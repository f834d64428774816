"""Floor 4: what a person sees and touches in a notebook; each widget takes a transcript and knows no run."""
