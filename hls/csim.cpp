// SPDX-License-Identifier: BSD-3-Clause
//
// C simulation of a generated top function (bench.hpp) on golden vectors.
//
//   csim FOLDER    reads STREAM.hex of every stream (a word a line), writes STREAM.csim.hex of outputs
//
// Exit code 0 if the words agree, 1 if not, 2 if a file is missing or holds no whole frames.

#include "bench.hpp"

int main(int argc, char** argv) { return RunBench(argc > 1 ? argv[1] : "."); }
