"""Quality on queries with known answers, and the weights that suit an index best."""
