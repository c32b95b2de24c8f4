# SPDX-License-Identifier: BSD-3-Clause
#
# The accelerator alone, out of context: a quick look at its area and timing, without shell and processor.
# Run in the folder that holds vivado.tcl; makes reports, no bitstream:
#
#   vivado -mode batch -nojournal -log alone.log -source alone.tcl

source settings.tcl

foreach message {{Synth 8-4445} {Synth 8-327} {Synth 8-6858} {Synth 8-6859} {Vivado 12-4739}} {
  set_msg_config -id $message -new_severity ERROR
}

set_part $part
foreach file $sources {
  read_verilog -sv $file
}
read_xdc -mode out_of_context alone.xdc

synth_design -mode out_of_context -top $accelerator -part $part -include_dirs . -flatten_hierarchy rebuilt
opt_design
place_design
phys_opt_design
route_design

report_timing_summary -no_header -report_unconstrained -file alone_timing.rpt
report_utilization -hierarchical -file alone_utilisation.rpt
