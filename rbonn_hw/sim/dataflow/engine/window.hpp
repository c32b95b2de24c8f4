// SPDX-License-Identifier: BSD-3-Clause
//
// rbonn_window behind its width converter: words are written ahead as far as there is room, and read in
// the order of the windows.

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

class Window {
 public:
  static constexpr int kIns = 1, kOuts = 1;
  struct State {
    bool offers = false, held = false, held_emits = false, full = false;
    int64_t at = 0, written = 0;  // a read of the frame, and of that frame's words those that are there
    int64_t space = 0;
    bool operator==(const State&) const = default;
  };

  explicit Window(const WindowShape& shape)
      : serial_(shape.Serial()), frame_words_(shape.height * shape.RowWords()),
        space_((shape.rows - shape.pad_top) * shape.RowWords()), reads_(Reads(shape).list) {}
  State Start() const { return {.space = space_}; }

  Did Step(State& state, Word valid, Word ready) const {
    const bool room = state.space > 0, write = valid && room, waits = state.offers && !ready, free = !waits;
    const bool taken = serial_ ? free : !state.full || free;
    const Read& read = reads_[state.at];
    const bool step = read.word < state.written && (!state.held || taken);
    if (free) state.offers = serial_ ? state.held : state.full;
    if (!serial_ && taken) state.full = state.held && state.held_emits;
    state.held = step || (state.held && !taken);
    state.space -= write;
    state.written += write;
    if (step) {
      state.held_emits = read.emits;
      state.space += read.freed;
      if (++state.at == static_cast<int64_t>(reads_.size())) {
        state.at = 0;
        state.written -= frame_words_;
      }
    }
    return {room, step || write, waits};
  }

 private:
  bool serial_;
  int64_t frame_words_, space_;
  std::vector<Read> reads_;
};
