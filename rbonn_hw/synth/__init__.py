"""Area of the accelerator from Yosys."""
