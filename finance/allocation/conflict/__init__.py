"""Why no allocation exists, in the words of policy, and the changes that would make one possible."""
