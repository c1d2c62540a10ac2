"""What a constraint may require of an object, by subject; `profiles` makes its tables of these."""
