// SPDX-License-Identifier: BSD-3-Clause
//
// The MVAU that hls/golden.py describes: its parameters come from flags.txt (-DMVAU_...).

#ifndef RBONN_HLS_MVAU_TOP_HPP_
#define RBONN_HLS_MVAU_TOP_HPP_

#include "mvau.hpp"

using Config = rbonn::MvauConfig<MVAU_MW, MVAU_MH, MVAU_PE, MVAU_SIMD, MVAU_InWidth, MVAU_InSigned,
                                 MVAU_WeightWidth, MVAU_Xnor, MVAU_AccWidth, MVAU_AccSigned,
                                 MVAU_Steps, MVAU_OutWidth, MVAU_OutBias>;

void mvau_top(hls::stream<Config::InWord>& in, hls::stream<Config::OutWord>& out,
              unsigned vectors);

#endif  // RBONN_HLS_MVAU_TOP_HPP_
