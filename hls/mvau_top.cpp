// SPDX-License-Identifier: BSD-3-Clause
//
// Top function for Vitis HLS: one MVAU between AXI4-Streams, its memories compiled in.

#include "mvau_top.hpp"

namespace {

// Rows as in the RTL's $readmemh files, in the order and bit order that rbonn_mvau.sv documents.
const Config::WeightRow kWeights[Config::Tiles] = {
#include "weights.inc"
};
const Config::ThresholdRow kThresholds[Config::ThresholdRows] = {
#include "thresholds.inc"
};

}  // namespace

void mvau_top(hls::stream<Config::InWord>& in, hls::stream<Config::OutWord>& out,
              unsigned vectors) {
#pragma HLS INTERFACE mode=axis port=in
#pragma HLS INTERFACE mode=axis port=out
#pragma HLS INTERFACE mode=s_axilite port=vectors
#pragma HLS INTERFACE mode=s_axilite port=return
#if MVAU_BlockRom
#pragma HLS BIND_STORAGE variable=kWeights type=rom_1p impl=bram
#else
#pragma HLS BIND_STORAGE variable=kWeights type=rom_1p impl=lutram
#endif
  rbonn::Mvau<Config>(in, out, kWeights, kThresholds, vectors);
}
