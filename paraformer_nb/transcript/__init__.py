"""What a journal says: sentences, words, revisions, corrections."""
