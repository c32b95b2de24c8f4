# SPDX-License-Identifier: BSD-3-Clause
#
# C simulation and synthesis of a generated top function, for those who have Vitis HLS:
#
#   cd build/hls/mvau && vitis_hls -f ../../../hls/synth.tcl
#
# Reads top.txt, top.cpp, bench.hpp, memories and vectors from the current folder.

set source [file dirname [file normalize [info script]]]
set folder [pwd]
if {![file exists $folder/top.txt]} {
  puts stderr "$folder/top.txt does not exist; write it with python -m hls.golden"
  exit 2
}
set file [open $folder/top.txt]
set top [string trim [read $file]]
close $file
set flags "-std=c++14 -I$source -I$folder"

open_project -reset vitis
set_top $top
add_files $folder/top.cpp -cflags $flags
add_files -tb $source/csim.cpp -cflags $flags
open_solution -reset solution
set_part xc7z020clg400-1
create_clock -period 10
csim_design -argv $folder
csynth_design
exit
