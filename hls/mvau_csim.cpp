// SPDX-License-Identifier: BSD-3-Clause
//
// C simulation of mvau_top on golden vectors.
//
//   mvau_csim FOLDER    reads in.hex and out.hex (a word a line), writes out.csim.hex
//
// Exit code 0 if the words agree, 1 if not, 2 if a file is missing.

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "mvau_top.hpp"

namespace {

// Digits alone would not do: ap_uint takes "0d.." and "0b.." for other bases.
template <typename Word>
Word FromHex(const std::string& digits) {
  return Word(("0x" + digits).c_str(), 16);
}

bool ReadLines(const std::string& path, std::vector<std::string>* lines) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines->push_back(line);
  if (lines->empty()) std::cerr << path << ": not found or empty; write it with hls/golden.py\n";
  return !lines->empty();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  std::vector<std::string> inputs, expected;
  if (!ReadLines(folder + "/in.hex", &inputs)) return 2;
  if (!ReadLines(folder + "/out.hex", &expected)) return 2;

  hls::stream<Config::InWord> in("in");
  hls::stream<Config::OutWord> out("out");
  for (const std::string& line : inputs) in.write(FromHex<Config::InWord>(line));
  mvau_top(in, out, inputs.size() / Config::SynapseFold);

  std::ofstream result(folder + "/out.csim.hex");
  unsigned words = 0, wrong = 0;
  for (; !out.empty(); ++words) {
    const Config::OutWord word = out.read();
    result << word.to_string(16) << '\n';
    if (words >= expected.size() || word != FromHex<Config::OutWord>(expected[words])) ++wrong;
  }
  std::cout << words << " words, " << expected.size() << " expected, " << wrong << " differ\n";
  return wrong || words != expected.size() ? 1 : 0;
}
