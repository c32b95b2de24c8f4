"""Area of the accelerator from Yosys: cells of a 7-series part, counted in a mapped netlist."""
