// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_window behind its width converter: words are written ahead as far as there is room, and read in
// the order of the windows.

#pragma once

#include "streams.hpp"

namespace rbonn::dataflow {

struct WindowShape {
  int64_t lanes, out_lanes, channels, height, width, out_height, out_width, kernel_h, kernel_w;
  int64_t stride_y, stride_x, dilation_y, dilation_x, pad_top, pad_left, channel_major, rows;

  int64_t Fold() const { return channels / lanes; }
  int64_t RowWords() const { return width * Fold(); }
  bool Serial() const { return out_lanes <= channels; }
};

// A read of one frame.
struct Read {
  int32_t word;   // of the frame, which must have been written; -1 for none
  int32_t freed;  // words that nobody asks for again
  bool emits;     // a beat leaves with it
};

// The reads of a frame in their order.
class Reads {
 public:
  explicit Reads(const WindowShape& shape) : shape_(shape) {
    const int64_t steps = shape.height / shape.stride_y;
    const bool within = (shape.out_height - 1) * shape.stride_y < shape.height;
    // Windows further down would free rows that the next frame begins with.
    const int64_t freeing = within ? shape.out_height : steps;
    for (int64_t y = 0; y < shape.out_height; ++y) {
      const size_t begin = list.size();
      if (shape.Serial()) {
        Taps(y, y < freeing);
      } else {
        Columns(y, y < freeing);
      }
      const int64_t from = std::min(y, freeing) * shape.stride_y;
      const int64_t to = y == shape.out_height - 1 ? shape.height
                                                   : std::min(y + 1, freeing) * shape.stride_y;
      int64_t rest = (to - from) * shape.RowWords();
      for (size_t at = begin; at < list.size(); ++at) rest -= list[at].freed;
      list.back().freed = static_cast<int32_t>(rest);
    }
    // A frame begins with its first word, also where it begins with border.
    if (list.front().word < 0) list.front().word = 0;
  }

  std::vector<Read> list;

 private:
  void Add(int64_t y, int64_t ky, int64_t column, int64_t fold, bool emits) {
    const int64_t row = y * shape_.stride_y - shape_.pad_top + ky * shape_.dilation_y;
    const bool inside = row >= 0 && row < shape_.height && column >= 0 && column < shape_.width;
    const int64_t word = (row * shape_.width + column) * shape_.Fold() + fold;
    list.push_back({static_cast<int32_t>(inside ? word : -1), 0, emits});
  }
  void Taps(int64_t y, bool frees) {
    const int64_t first = (shape_.pad_left + shape_.stride_x - 1) / shape_.stride_x;
    const int64_t end = std::min(shape_.out_width - 1, first + shape_.width / shape_.stride_x);
    for (int64_t x = 0; x < shape_.out_width; ++x) {
      const int64_t left = x * shape_.stride_x - shape_.pad_left;
      const int64_t outer = shape_.channel_major ? shape_.Fold() : 1;
      for (int64_t fold = 0; fold < outer; ++fold) {
        for (int64_t ky = 0; ky < shape_.kernel_h; ++ky) {
          for (int64_t kx = 0; kx < shape_.kernel_w; ++kx) Pixel(y, ky, left + kx * shape_.dilation_x, fold);
        }
      }
      if (frees && x >= first && x < end) list.back().freed = static_cast<int32_t>(shape_.stride_x * shape_.Fold());
    }
  }
  void Pixel(int64_t y, int64_t ky, int64_t column, int64_t fold) {
    if (shape_.channel_major) {
      Add(y, ky, column, fold, true);
    } else {
      for (int64_t part = 0; part < shape_.Fold(); ++part) Add(y, ky, column, part, true);
    }
  }
  void Columns(int64_t y, bool frees) {
    const int64_t full = (shape_.kernel_w - 1) * shape_.dilation_x - shape_.pad_left;
    const int64_t last = (shape_.out_width - 1) * shape_.stride_x + full;
    const bool whole = shape_.out_lanes > shape_.kernel_w * shape_.channels;
    for (int64_t column = 0; column <= last; ++column) {
      const bool emits = column >= full && (column - full) % shape_.stride_x == 0;
      for (int64_t ky = 0; ky < shape_.kernel_h; ++ky) {
        Add(y, ky, column, 0, emits && (!whole || ky == shape_.kernel_h - 1));
        // A column is free as soon as its first row has been read; the last one with the row.
        if (frees && ky == 0 && column < std::min(last, shape_.width)) list.back().freed = 1;
      }
    }
  }

  WindowShape shape_;
};

class Window : public Actor {
 public:
  Window(int in, int out, const WindowShape& shape)
      : in_(in), out_(out), serial_(shape.Serial()), frame_words_(shape.height * shape.RowWords()),
        space_((shape.rows - shape.pad_top) * shape.RowWords()), reads_(Reads(shape).list) {
    // How far one may read with so many words written, and the next read that does more than read.
    furthest_.reserve(reads_.size());
    int32_t furthest = -1;
    for (const Read& read : reads_) furthest_.push_back(furthest = std::max(furthest, read.word));
    plain_end_.assign(reads_.size(), 0);
    for (size_t at = reads_.size(); at-- > 0;) {
      const bool ends = at + 1 == reads_.size() || reads_[at].freed > 0 || reads_[at].emits != reads_[at + 1].emits;
      plain_end_[at] = static_cast<int32_t>(ends ? at : plain_end_[at + 1]);
    }
  }

  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    CatchUp(now);
    const bool offered = out.valid, room = space_ > 0;
    graph.Accept(in_, room, now);
    const bool write = in.valid && room;
    const bool free = !out.Waits(), taken = serial_ ? free : !full_ || free;
    const bool step = There() && (!held_ || taken);
    Account(now, ActivityOf(step || write, !free));
    const bool held = held_, full = full_;
    bool next = offered;
    if (serial_) {
      if (free) next = held_;
    } else {
      if (free) next = full_;
      if (taken) full_ = held_ && held_emits_;
    }
    held_ = step || (held_ && !taken);
    const bool emits = held_emits_;
    int64_t freed = 0;
    if (step) {
      held_emits_ = reads_[at_].emits;
      freed = reads_[at_].freed;
      Advance();
    }
    if (write) {
      --space_;
      ++written_;
    }
    space_ += freed;
    graph.Offer(out_, next, now);
    const bool steady = next == offered && held_ == held && full_ == full && held_emits_ == emits &&
                        (space_ > 0) == room && freed == 0 && (step || (held_ && !taken) || !There());
    Sleep(graph, now, step, write, steady);
  }

 private:
  bool There() const { return reads_[at_].word < written_; }
  void Advance() {
    if (++at_ == reads_.size()) {
      at_ = 0;
      written_ -= frame_words_;
    }
  }
  void CatchUp(Cycle now) {
    const Cycle slept = Slept(now);
    if (slept == 0) return;
    if (reads_on_) at_ += slept;
    if (writes_on_) {
      written_ += slept;
      space_ -= slept;
    }
  }
  // Reads that change nothing but the place, and writes that change nothing but the room, go on alone.
  void Sleep(Graph& graph, Cycle now, bool step, bool write, bool steady) {
    reads_on_ = writes_on_ = false;
    if (!steady) {
      graph.StepNext(*this);
      return;
    }
    Cycle until = kNever;
    if (step) until = now + 1 + Plain();
    if (write) until = std::min(until, now + 1 + (step ? space_ : std::min(space_, Missing())));
    if (!step && !write) return;
    if (until <= now + 1) {
      graph.StepNext(*this);
      return;
    }
    reads_on_ = step;
    writes_on_ = write;
    graph.StepAt(*this, until);
  }
  // Reads from the present one on that free nothing, emit what the last one did, and have their words.
  int64_t Plain() const {
    if (reads_[at_].emits != held_emits_) return 0;
    const auto begin = furthest_.begin() + static_cast<int64_t>(at_);
    const auto end = furthest_.begin() + plain_end_[at_];
    return std::lower_bound(begin, end, written_) - begin;
  }
  // Writes until the word that is waited for is there.
  int64_t Missing() const {
    const int64_t missing = reads_[at_].word + 1 - written_;
    return missing > 0 ? missing : std::numeric_limits<int64_t>::max() / 2;
  }

  int in_, out_;
  bool serial_;
  int64_t frame_words_, space_, written_ = 0;  // of the frame that is read
  std::vector<Read> reads_;
  std::vector<int32_t> furthest_, plain_end_;
  size_t at_ = 0;
  bool held_ = false, held_emits_ = false, full_ = false;
  bool reads_on_ = false, writes_on_ = false;
};

}  // namespace rbonn::dataflow
