// SPDX-License-Identifier: BSD-3-Clause
//
// Actors with several streams on a side, and those that take or give some beats only.

#pragma once

#include "streams.hpp"

namespace rbonn::dataflow {

// rbonn_add; with factors its products have a register of their own.
class Add : public Actor {
 public:
  Add(int in0, int in1, int out, bool products)
      : in0_(in0), in1_(in1), out_(out), products_(products) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in0 = graph.At(in0_), &in1 = graph.At(in1_), &out = graph.At(out_);
    const bool held = held_;
    const bool free = !out.Waits(), slot = products_ ? !held || free : free;
    graph.Accept(in0_, slot && in1.valid, now);
    graph.Accept(in1_, slot && in0.valid, now);
    const bool pair = slot && in0.valid && in1.valid;
    Account(now, ActivityOf(pair || out.Moves(), !free));
    const bool beat = products_ ? held && free : pair;
    held_ = products_ && (pair || (held && !free));
    const bool next = beat || !free;
    graph.Offer(out_, next, now);
    // The next cycle, if no wire changes.
    const bool waits = next && !out.ready, slots = products_ ? !held_ || !waits : !waits;
    const bool pairs = slots && in0.valid && in1.valid, beats = products_ ? held_ && !waits : pairs;
    const bool holds = products_ && (pairs || (held_ && waits));
    if (slots != slot || (beats || waits) != next || holds != held_) {
      graph.StepNext(*this);
    } else {
      Account(now + 1, ActivityOf(pairs || (next && out.ready), waits));
    }
  }

 private:
  int in0_, in1_, out_;
  bool products_, held_ = false;
};

// rbonn_duplicate.
class Duplicate : public Actor {
 public:
  Duplicate(int in, std::vector<int> outs) : in_(in), outs_(std::move(outs)) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire& in = graph.At(in_);
    bool free = true, leaves = false;
    for (const int number : outs_) {
      free = free && !graph.At(number).Waits();
      leaves = leaves || graph.At(number).Moves();
    }
    graph.Accept(in_, free, now);
    const bool accept = in.Moves();
    Account(now, ActivityOf(accept || leaves, !free));
    bool frees = true, gives = false;  // in the next cycle, if no wire changes
    for (const int number : outs_) {
      const Wire& out = graph.At(number);
      const bool next = accept || out.Waits();
      graph.Offer(number, next, now);
      frees = frees && (!next || out.ready);
      gives = gives || (next && out.ready);
    }
    const bool accepts = in.valid && frees;
    if (frees != free || (gives && !accepts) || (accepts && !AllOffer(graph))) {
      graph.StepNext(*this);
    } else {
      Account(now + 1, ActivityOf(accepts || gives, !frees));
    }
  }

 private:
  bool AllOffer(Graph& graph) const {
    return std::all_of(outs_.begin(), outs_.end(), [&graph](int number) { return graph.At(number).valid; });
  }

  int in_;
  std::vector<int> outs_;
};

// rbonn_concat.
class Concat : public Actor {
 public:
  Concat(int in0, int in1, int out, int64_t fold0, int64_t fold1)
      : in_{in0, in1}, out_(out), fold_{fold0, fold1} {}
  void Step(Graph& graph, Cycle now) override {
    const Wire& out = graph.At(out_);
    const bool offered = out.valid, free = !out.Waits();
    graph.Accept(in_[turn_], free, now);
    graph.Accept(in_[1 - turn_], false, now);
    const bool beat = graph.At(in_[turn_]).Moves();
    Account(now, ActivityOf(beat || out.Moves(), !free));
    if (beat && ++place_ == fold_[turn_]) {
      place_ = 0;
      turn_ = 1 - turn_;
    }
    const bool next = beat || !free;
    graph.Offer(out_, next, now);
    if (beat || next != offered) graph.StepNext(*this);
  }

 private:
  std::array<int, 2> in_;
  int out_;
  std::array<int64_t, 2> fold_;
  int64_t place_ = 0;
  int turn_ = 0;
};

// rbonn_pool: a result leaves with the last tap of the last row of a window.
class Pool : public Actor {
 public:
  Pool(int in, int out, int64_t fold, int64_t columns, int64_t kernel_h, int64_t kernel_w)
      : in_(in), out_(out), fold_(fold), columns_(columns), kernel_h_(kernel_h), kernel_w_(kernel_w) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const bool offered = out.valid, busy = busy_;
    const bool advance = !busy || !last_ || !out.Waits();
    graph.Accept(in_, advance, now);
    const bool emit = busy && last_ && advance, accept = in.Moves();
    Account(now, ActivityOf(accept || busy || out.Moves(), !advance));
    if (accept) {
      last_ = tap_ == kernel_w_ - 1 && row_ == kernel_h_ - 1;
      Count();
    }
    if (advance) busy_ = in.valid;
    const bool next = emit || out.Waits();
    graph.Offer(out_, next, now);
    if (accept || busy_ != busy || next != offered) graph.StepNext(*this);
  }

 private:
  void Count() {
    if (++place_ < fold_) return;
    place_ = 0;
    if (++tap_ < kernel_w_) return;
    tap_ = 0;
    if (++column_ < columns_) return;
    column_ = 0;
    row_ = (row_ + 1) % kernel_h_;
  }

  int in_, out_;
  int64_t fold_, columns_, kernel_h_, kernel_w_;
  int64_t place_ = 0, tap_ = 0, column_ = 0, row_ = 0;
  bool busy_ = false, last_ = false;
};

// rbonn_upsample.
class Upsample : public Actor {
 public:
  Upsample(int in, int out, int64_t fold, int64_t width, int64_t scale_h, int64_t scale_w)
      : in_(in), out_(out), fold_(fold), width_(width), scale_h_(scale_h), scale_w_(scale_w) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const bool offered = out.valid, free = !out.Waits(), fresh = across_ == 0 && down_ == 0;
    graph.Accept(in_, free && fresh, now);
    const bool beat = free && (!fresh || in.valid);
    Account(now, ActivityOf(beat || out.Moves(), !free));
    if (beat) Count();
    const bool next = beat || !free;
    graph.Offer(out_, next, now);
    if (beat || next != offered) graph.StepNext(*this);
  }

 private:
  void Count() {
    if (++place_ < fold_) return;
    place_ = 0;
    if (++across_ < scale_w_) return;
    across_ = 0;
    if (++column_ < width_) return;
    column_ = 0;
    down_ = (down_ + 1) % scale_h_;
  }

  int in_, out_;
  int64_t fold_, width_, scale_h_, scale_w_;
  int64_t place_ = 0, across_ = 0, column_ = 0, down_ = 0;
};

// rbonn_select.
class Select : public Actor {
 public:
  Select(int in, int out, std::vector<int64_t> keep) : in_(in), out_(out), keep_(std::move(keep)) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const bool offered = out.valid, keep = keep_[place_] != 0;
    graph.Accept(in_, !keep || !out.Waits(), now);
    const bool beat = in.Moves(), next = (beat && keep) || out.Waits();
    Account(now, ActivityOf(beat || out.Moves(), out.Waits()));
    if (beat) place_ = (place_ + 1) % keep_.size();
    graph.Offer(out_, next, now);
    if (beat || next != offered) graph.StepNext(*this);
  }

 private:
  int in_, out_;
  std::vector<int64_t> keep_;
  size_t place_ = 0;
};

// rbonn_labelselect: a tree of so many levels, then the best of a vector's beats.
class LabelSelect : public Actor {
 public:
  LabelSelect(int in, int out, int64_t levels, int64_t beats)
      : in_(in), out_(out), levels_(levels), beats_(beats) {}
  void Step(Graph& graph, Cycle now) override {
    const Wire &in = graph.At(in_), &out = graph.At(out_);
    const bool offered = out.valid, advance = !out.Waits();
    graph.Accept(in_, advance, now);
    Account(now, ActivityOf(in.Moves() || out.Moves(), !advance));
    bool next = offered, changes = false;
    if (advance) {
      const uint64_t before = tree_;
      tree_ = tree_ << 1 | uint64_t{in.valid};
      const bool beat = tree_ >> levels_ & 1;
      tree_ &= (uint64_t{1} << levels_) - 1;
      next = beat && place_ == beats_ - 1;
      if (beat) place_ = next ? 0 : place_ + 1;
      changes = beat || tree_ != before;
    }
    graph.Offer(out_, next, now);
    if (changes || next != offered) graph.StepNext(*this);
  }

 private:
  int in_, out_;
  int64_t levels_, beats_, place_ = 0;
  uint64_t tree_ = 0;
};

}  // namespace rbonn::dataflow
