# SPDX-License-Identifier: BSD-3-Clause
#
# C simulation and synthesis of the MVAU's HLS twin, for those who have Vitis HLS:
#
#   python hls/golden.py build/hls/mvau
#   cd build/hls/mvau && vitis_hls -f ../../../hls/mvau.tcl
#
# Reads flags.txt, weights.inc, thresholds.inc, in.hex and out.hex from the current folder.

set source [file dirname [file normalize [info script]]]
set folder [pwd]
if {![file exists $folder/flags.txt]} {
  puts stderr "$folder/flags.txt does not exist; write it with hls/golden.py"
  exit 2
}
set file [open $folder/flags.txt]
set flags "-std=c++14 -I$source -I$folder [string trim [read $file]]"
close $file

open_project -reset mvau_hls
set_top mvau_top
add_files $source/mvau_top.cpp -cflags $flags
add_files -tb $source/mvau_csim.cpp -cflags $flags
open_solution -reset solution
set_part xc7z020clg400-1
create_clock -period 10
csim_design -argv $folder
csynth_design
exit
