// SPDX-License-Identifier: BSD-3-Clause
//
// Bench of a top function that hls/netlist.py generated.

#ifndef RBONN_HLS_CSIM_HPP_
#define RBONN_HLS_CSIM_HPP_

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fields.hpp"

namespace rbonn {

using Lines = std::vector<std::string>;

Lines ReadLines(const std::string& path) {
  Lines lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) std::cerr << path << ": not found or empty\n";
  return lines;
}

// Digits alone would not do: ap_uint takes "0d.." and "0b.." for other bases.
template <typename Word>
Word FromHex(const std::string& digits) {
  return Word(("0x" + digits).c_str(), 16);
}

// What the generated header says of a top function, and where its vectors are.
struct Bench {
  std::vector<std::string> inputs, outputs;
  std::vector<unsigned> beats;  // a frame, of inputs, then of outputs
  std::string folder;
  unsigned frames = 0, words = 0, expected = 0, wrong = 0;

  Lines Read(const std::string& name) const { return ReadLines(folder + "/" + name + ".hex"); }

  template <typename Word>
  void Fill(unsigned index, hls::stream<Word>& stream) {
    if (index >= inputs.size()) return;
    const Lines lines = Read(inputs[index]);
    if (lines.empty() || lines.size() != frames * beats[index]) {
      std::cerr << inputs[index] << ".hex: " << lines.size() << " words, not " << frames
                << " frames of " << beats[index] << '\n';
      std::exit(2);
    }
    for (const std::string& line : lines) stream.write(FromHex<Word>(line));
  }

  template <typename Word>
  void Check(unsigned index, hls::stream<Word>& stream) {
    if (index < inputs.size()) {
      wrong += stream.size();  // words that nobody took
      return;
    }
    const std::string name = outputs[index - inputs.size()];
    const Lines lines = Read(name);
    if (lines.empty()) std::exit(2);
    std::ofstream result(folder + "/" + name + ".csim.hex");
    unsigned count = 0;
    for (; !stream.empty(); ++count) {
      const Word word = stream.read();
      result << word.to_string(16) << '\n';
      if (count >= lines.size() || word != FromHex<Word>(lines[count])) ++wrong;
    }
    words += count;
    expected += lines.size();
  }
};

template <typename... Words, std::size_t... Index>
void Run(void (*top)(unsigned, hls::stream<Words>&...), Bench& bench,
         std::index_sequence<Index...>) {
  std::tuple<hls::stream<Words>...> streams;
  const int filled[] = {(bench.Fill(Index, std::get<Index>(streams)), 0)...};
  top(bench.frames, std::get<Index>(streams)...);
  const int checked[] = {(bench.Check(Index, std::get<Index>(streams)), 0)...};
  (void)filled, (void)checked;
}

// Runs `top` on the golden vectors of `bench`; 0 if the words agree, 1 if not, 2 without vectors.
template <typename... Words>
int Run(void (*top)(unsigned, hls::stream<Words>&...), Bench bench) {
  const Lines lines = bench.Read(bench.inputs[0]);
  if (lines.empty()) return 2;
  bench.frames = lines.size() / bench.beats[0];
  Run(top, bench, std::index_sequence_for<Words...>());
  std::cout << bench.words << " words, " << bench.expected << " expected, " << bench.wrong
            << " differ\n";
  return bench.wrong || bench.words != bench.expected ? 1 : 0;
}

}  // namespace rbonn

#endif  // RBONN_HLS_CSIM_HPP_
