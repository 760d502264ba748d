"""What-if studies: designs, response curves, break-even points and rankings of sensitivity."""
