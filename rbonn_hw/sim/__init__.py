"""RTL simulation with Verilator: kernels, whole accelerators, and FINN's own rtlsim."""
