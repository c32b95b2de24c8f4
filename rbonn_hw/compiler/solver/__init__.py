"""The choice of a folding: what each layer can be, and the integer program that finds the best."""
