// SPDX-License-Identifier: BSD-3-Clause
//
// Sliding window over a map with a border: the twin of rbonn_hw/rtl/rbonn_window.sv, with its formula,
// order and stream words.
//
// Rows of words of Lanes = min(OutLanes, Channels) elements lie in a ring of `RingRows` rows, which is
// written ahead as far as it has room, also with rows of the next frame, and read once a cycle as the
// RTL reads: tap by tap where OutLanes <= Channels, else column by column into a delay line. Unlike
// the RTL's, the ring frees whole rows, with each row of windows.
//
// Test: tests/hls/test_window.py.

#ifndef RBONN_HLS_WINDOW_HPP_
#define RBONN_HLS_WINDOW_HPP_

#include "dwc.hpp"

namespace rbonn {

// Parameters of rbonn_window.sv, under their names there.
template <unsigned InLanes_, unsigned OutLanes_, unsigned LaneBits_, unsigned Channels_,
          unsigned Height_, unsigned Width_, unsigned OutHeight_, unsigned OutWidth_,
          unsigned KernelH_, unsigned KernelW_, unsigned StrideY_, unsigned StrideX_,
          unsigned DilationY_, unsigned DilationX_, unsigned PadTop_, unsigned PadLeft_,
          bool ChannelMajor_, unsigned long long Border_, unsigned Rows_, bool BlockRam_>
struct WindowConfig {
  static constexpr bool Serial = OutLanes_ <= Channels_;
  static constexpr bool ChannelMajor = ChannelMajor_;
  static_assert(Serial ? Channels_ % OutLanes_ == 0
                       : OutLanes_ == KernelW_ * Channels_ ||
                             OutLanes_ == KernelH_ * KernelW_ * Channels_,
                "OutLanes must divide Channels or be a row of taps or a window");
  static_assert(Serial || !ChannelMajor_, "OutLanes must divide Channels with ChannelMajor");

  static constexpr unsigned LaneBits = LaneBits_, Lanes = Serial ? OutLanes_ : Channels_;
  static constexpr int Height = Height_, Width = Width_, OutHeight = OutHeight_;
  static constexpr int OutWidth = OutWidth_, KernelH = KernelH_, KernelW = KernelW_;
  static constexpr int StrideY = StrideY_, StrideX = StrideX_;
  static constexpr int DilationY = DilationY_, DilationX = DilationX_;
  static constexpr int PadTop = PadTop_, PadLeft = PadLeft_;
  static constexpr unsigned long long Border = Border_;

  static constexpr int Fold = Channels_ / Lanes, RowWords = Width * Fold;
  static constexpr bool WholeWindow = OutLanes_ > KernelW_ * Channels_;
  // What a row of windows reads, and what the next one reads beside that.
  static constexpr int RingRows =
      Greatest(Rows_, (KernelH_ - 1) * DilationY_ + 1 + StrideY_);
  // Reads of a row of windows. A delay line takes every column from the map's first to the last of
  // the last window.
  static constexpr int LastColumn =
      (OutWidth - 1) * StrideX + (KernelW - 1) * DilationX - PadLeft;
  static constexpr int RowReads =
      Serial ? OutWidth * KernelH * KernelW * Fold : (LastColumn + 1) * KernelH;
  // Reads between two taps of a row of taps, and over all of them.
  static constexpr unsigned TapDistance = DilationX_ * KernelH_;
  static constexpr unsigned LineWords = (KernelW_ - 1) * TapDistance;

  using InWord = ap_uint<InLanes_ * LaneBits_>;
  using OutWord = ap_uint<OutLanes_ * LaneBits_>;
  using Word = ap_uint<Lanes * LaneBits_>;
  using TapRow = ap_uint<KernelW_ * Channels_ * LaneBits_>;
  using Regroup = DwcConfig<InLanes_, Lanes, LaneBits_>;
};

// A word of the border.
template <typename C>
typename C::Word BorderWord() {
#pragma HLS INLINE
  typename C::Word word = 0;
  for (unsigned lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
    SetField(word, lane, ap_uint<C::LaneBits>(C::Border));
  }
  return word;
}

// Where the next read of a row of windows lies: word `fold` of the pixel of tap row `ky`, column `x`.
template <typename C>
struct Position {
  int ox = 0, ky = 0, kx = 0, fold = 0, x = C::Serial ? -C::PadLeft : 0;

  void Next() {
#pragma HLS INLINE
    if (C::Serial) {
      NextTap();
    } else if (++ky == C::KernelH) {
      ky = 0;
      ++x;
    }
  }

  // In the order (ox, ky, kx, fold), or (ox, fold, ky, kx) with ChannelMajor.
  void NextTap() {
#pragma HLS INLINE
    bool carry = true;
    if (!C::ChannelMajor) carry = Count(fold, C::Fold);
    if (carry) carry = Count(kx, C::KernelW);
    if (carry) carry = Count(ky, C::KernelH);
    if (carry && C::ChannelMajor) carry = Count(fold, C::Fold);
    if (carry) ++ox;
    x = ox * C::StrideX - C::PadLeft + kx * C::DilationX;
  }

  static bool Count(int& value, int limit) {
#pragma HLS INLINE
    value = value + 1 == limit ? 0 : value + 1;
    return value == 0;
  }
};

// What a read gives to the output: the word itself where Serial.
template <typename C, bool Serial>
struct Emitter {
  void Row() {}

  void Take(const typename C::Word& word, const Position<C>&,
            hls::stream<typename C::OutWord>& out) {
#pragma HLS INLINE
    out.write(word);
  }
};

// Otherwise the row of taps, or the window, that the read completes.
template <typename C>
struct Emitter<C, false> {
  typename C::Word line[C::LineWords + 1];
  typename C::TapRow taps[C::KernelH];

  // The line begins with the border left of the map.
  void Row() {
#pragma HLS INLINE
    for (unsigned i = 0; i <= C::LineWords; ++i) {
#pragma HLS UNROLL
      line[i] = BorderWord<C>();
    }
  }

  void Take(const typename C::Word& word, const Position<C>& at,
            hls::stream<typename C::OutWord>& out) {
#pragma HLS INLINE
#pragma HLS ARRAY_PARTITION variable=line complete dim=1
#pragma HLS ARRAY_PARTITION variable=taps complete dim=1
    for (unsigned i = C::LineWords; i > 0; --i) {
#pragma HLS UNROLL
      line[i] = line[i - 1];
    }
    line[0] = word;
    typename C::TapRow row = 0;
    for (unsigned kx = 0; kx < C::KernelW; ++kx) {
#pragma HLS UNROLL
      SetField(row, kx, line[C::LineWords - kx * C::TapDistance]);
    }
    taps[at.ky] = row;
    const int first = at.x - (C::KernelW - 1) * C::DilationX + C::PadLeft;
    if (first < 0 || first % C::StrideX != 0) return;  // no window ends with this column
    if (!C::WholeWindow) {
      out.write(typename C::OutWord(row));
    } else if (at.ky == C::KernelH - 1) {
      typename C::OutWord window = 0;
      for (unsigned ky = 0; ky < C::KernelH; ++ky) {
#pragma HLS UNROLL
        SetField(window, ky, taps[ky]);
      }
      out.write(window);
    }
  }
};

// The window over words of `Lanes` elements.
template <typename C>
void WindowWords(unsigned frames, hls::stream<typename C::Word>& in,
                 hls::stream<typename C::OutWord>& out) {
  // A word is read this many iterations after its write at the earliest.
  constexpr unsigned kSettle = 4;
  typename C::Word ring[C::RingRows * C::RowWords];
#pragma HLS DEPENDENCE variable=ring type=inter direction=RAW distance=4 true
#pragma HLS DEPENDENCE variable=ring type=inter direction=WAR false
  Emitter<C, C::Serial> emitter;
  unsigned settled[kSettle] = {};  // words in the ring 1 .. kSettle iterations ago, of all so far
#pragma HLS ARRAY_PARTITION variable=settled complete dim=1
  unsigned taken = 0, place = 0;  // words taken, and where the next one goes

  const unsigned total = frames * C::Height * C::RowWords;
  for (unsigned row = 0; row < frames * C::OutHeight; ++row) {
    const unsigned first_row = row / C::OutHeight * C::Height;  // of the frame, among all rows
    const int top = int(row % C::OutHeight) * C::StrideY - C::PadTop;
    // The ring may hold rows from the first that is still read.
    const int kept = top < 0 ? 0 : top > C::Height ? C::Height : top;
    const unsigned room = (first_row + kept + C::RingRows) * C::RowWords;
    const unsigned limit = room < total ? room : total;
    // Of each row of taps: the first word behind it and its place; none outside the map.
    bool inside[C::KernelH];
    unsigned word_base[C::KernelH], place_base[C::KernelH];
#pragma HLS ARRAY_PARTITION variable=inside complete dim=1
#pragma HLS ARRAY_PARTITION variable=word_base complete dim=1
#pragma HLS ARRAY_PARTITION variable=place_base complete dim=1
    for (int ky = 0; ky < C::KernelH; ++ky) {
      const int y = top + ky * C::DilationY;
      inside[ky] = y >= 0 && y < C::Height;
      word_base[ky] = inside[ky] ? (first_row + y) * C::RowWords : 0;
      place_base[ky] = inside[ky] ? (first_row + y) % C::RingRows * C::RowWords : 0;
    }
    emitter.Row();
    Position<C> at;
    int reads = 0;
    while (reads < C::RowReads) {
#pragma HLS PIPELINE II=1
      const bool pixel = inside[at.ky] && at.x >= 0 && at.x < C::Width;
      const unsigned word = pixel ? at.x * C::Fold + at.fold : 0;
      if (!pixel || word_base[at.ky] + word < settled[kSettle - 1]) {
        emitter.Take(pixel ? ring[place_base[at.ky] + word] : BorderWord<C>(), at, out);
        at.Next();
        ++reads;
      }
      for (unsigned i = kSettle - 1; i > 0; --i) {
#pragma HLS UNROLL
        settled[i] = settled[i - 1];
      }
      // Without waiting: what is there already leaves first.
      typename C::Word next;
      if (taken < limit && in.read_nb(next)) {
        ring[place] = next;
        place = place + 1 == C::RingRows * C::RowWords ? 0 : place + 1;
        ++taken;
      }
      settled[0] = taken;
    }
  }
  // Rows that no window reaches.
  for (; taken < total; ++taken) {
#pragma HLS PIPELINE II=1
    in.read();
  }
}

// Beats of other than `Lanes` elements pass a width converter first.
template <typename C>
void Window(unsigned frames, hls::stream<typename C::InWord>& in,
            hls::stream<typename C::OutWord>& out, std::false_type) {
#pragma HLS DATAFLOW
  hls::stream<typename C::Word> words("words");
  constexpr unsigned kElements = C::Height * C::RowWords * C::Lanes;
  Dwc<typename C::Regroup, kElements / C::Regroup::Ratio>(frames, in, words);
  WindowWords<C>(frames, words, out);
}

template <typename C>
void Window(unsigned frames, hls::stream<typename C::InWord>& in,
            hls::stream<typename C::OutWord>& out, std::true_type) {
  WindowWords<C>(frames, in, out);
}

// Takes a frame's pixels and gives its windows, `Frames` times a frame of the network.
template <typename C, unsigned Frames>
void Window(unsigned frames, hls::stream<typename C::InWord>& in,
            hls::stream<typename C::OutWord>& out) {
  Window<C>(frames * Frames, in, out,
            std::is_same<typename C::InWord, typename C::Word>());
}

}  // namespace rbonn

#endif  // RBONN_HLS_WINDOW_HPP_
