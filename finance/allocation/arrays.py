ProblemArrays = object
