"""Small numpy helpers that every part shares."""
