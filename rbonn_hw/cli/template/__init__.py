"""What `rbonn new` writes: a network, its recipe, data and test, to be edited by their owner."""
