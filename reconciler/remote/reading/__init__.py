"""Find out what is live: pages, matches, single objects, and what an answer proves."""
