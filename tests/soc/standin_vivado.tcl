# A stand-in for `vivado -mode batch`: refuses options and files that Vivado would refuse, implements nothing.
#
#   tclsh standin_vivado.tcl REPORTS [ARGUMENTS]
#
# REPORTS is the folder whose files become the reports.

proc refuse text { puts stderr "ERROR: $text"; exit 1 }

# Reads options: each is known, those that take a value have one; returns the other words.
proc options {command known words} {
  set rest {}
  while {[llength $words]} {
    set words [lassign $words word]
    if {![string match -* $word]} { lappend rest $word; continue }
    if {![dict exists $known $word]} { refuse "\[Common 17-170\] Unknown option '$word' of $command" }
    if {[dict get $known $word]} {
      set words [lassign $words value]
      lappend ::given $command $word $value
    }
  }
  return $rest
}

proc value_of wanted {
  foreach {command option value} $::given {
    if {$option eq $wanted} { return $value }
  }
  refuse "$wanted is missing"
}

proc set_msg_config args { options set_msg_config {-id 1 -new_severity 1} $args }
proc set_part part { if {![string match xc7z* $part]} { refuse "no part $part" } }
proc read_verilog args {
  foreach file [options read_verilog {-sv 0} $args] {
    if {![file isfile $file]} { refuse "\[Common 17-69\] File '$file' does not exist" }
    lappend ::sources $file
  }
}
proc read_xdc args {
  foreach file [options read_xdc {-mode 1} $args] {
    if {![file isfile $file]} { refuse "File '$file' does not exist" }
    source $file
  }
}
proc create_clock args { options create_clock {-name 1 -period 1} $args }
proc set_input_jitter {clock value} {}
proc set_input_delay args { options set_input_delay {-clock 1 -max 1 -min 1} $args }
proc set_output_delay args { options set_output_delay {-clock 1 -max 1 -min 1} $args }
proc set_property {name value object} {}
proc get_pins names { return $names }
proc get_ports names { return $names }
proc synth_design args {
  options synth_design {-top 1 -part 1 -include_dirs 1 -generic 1 -flatten_hierarchy 1 -mode 1} $args
  foreach file $::sources {
    set stream [open $file]
    set text [read $stream]
    close $stream
    foreach {_ memory} [regexp -all -inline {(?:\.File|readmemh)\("([^"]+)"} $text] {
      if {$memory ne "" && ![file isfile $memory]} { refuse "\[Synth 8-4445\] could not open '$memory'" }
    }
    foreach {_ header} [regexp -all -inline {`include "([^"]+)"} $text] {
      if {![file isfile $header]} { refuse "\[Synth 8-1766\] cannot open include file $header" }
    }
  }
}
foreach step {opt_design place_design phys_opt_design route_design} {
  proc $step args "options $step {} \$args"
}
proc report {command known words} {
  set ::given {}
  options $command $known $words
  set name [value_of -file]
  set kept [file join $::reports [string map {alone_ {}} $name]]
  if {[file isfile $kept]} { file copy -force $kept $name } else { close [open $name w] }
}
proc report_timing_summary args {
  report report_timing_summary {-no_header 0 -report_unconstrained 0 -file 1} $args
}
proc report_timing args { report report_timing {-setup 0 -max_paths 1 -no_header 0 -file 1} $args }
proc report_utilization args { report report_utilization {-hierarchical 0 -file 1} $args }
proc report_power args { report report_power {-file 1} $args }
proc report_drc args { report report_drc {-file 1} $args }
proc write_checkpoint args { options write_checkpoint {-force 0} $args }
proc get_timing_paths args { options get_timing_paths {-setup 0 -hold 0 -max_paths 1} $args; return slack }
proc get_property {name object} { return 1.25 }
proc write_bitstream args { puts [set out [open [options write_bitstream {-force 0} $args] w]] bits; close $out }

set arguments [lassign $argv reports]
set given {}
options vivado {-mode 1 -nojournal 0 -log 1 -source 1} $arguments
close [open [value_of -log] w]
source [value_of -source]
