"""One FINN operator for each RTL kernel, registered without patching FINN."""
