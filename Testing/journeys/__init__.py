"""What users do with the modules, step by step, from the click to what they see. Tests look at each
step, and the pictures of the documents are taken of them.

A journey is a function that gives the name of each step when it is done.
"""
