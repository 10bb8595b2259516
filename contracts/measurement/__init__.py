"""What is measured, of whom, and the rows of people that results are counted from."""
