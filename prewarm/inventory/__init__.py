"""What is where: which images which nodes have, as of when, and how that is known."""
