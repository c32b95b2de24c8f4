// SPDX-License-Identifier: BSD-3-Clause
// The sliding window. Included once for each instruction set, within its namespace.

// numbers: height, width, columns of windows, kernel (y, x), stride (y, x), dilation (y, x), padding at the
// top and on the left, border, channels that leave together.
struct Window {
  int64_t height, width, columns, kernel_y, kernel_x, stride_y, stride_x, dilation_y, dilation_x, top, left, border,
      together;
};

// Calls `visit(row, y, x)` for the corner of each window, in rows.
template <class Visit>
inline void each_window(const Window& window, int64_t rows, Visit visit) {
  int64_t y = -window.top, x = -window.left;
  for (int64_t row = 0, column = 0; row < rows; ++row) {
    visit(row, y, x);
    x += window.stride_x;
    if (++column == window.columns) {
      column = 0;
      x = -window.left;
      y += window.stride_y;
    }
  }
}

// Calls `visit(tap, pixel, count)` for runs of taps whose pixels are neighbours; pixel is -1 in the border.
template <class Visit>
inline void each_run(const Window& window, int64_t y, int64_t x, Visit visit) {
  const bool together = window.dilation_x == 1 && x >= 0 && x + window.kernel_x <= window.width;
  for (int64_t ky = 0, tap = 0; ky < window.kernel_y; ++ky, y += window.dilation_y) {
    const bool inside = y >= 0 && y < window.height;
    if (together && inside) {
      visit(tap, y * window.width + x, window.kernel_x);
      tap += window.kernel_x;
      continue;
    }
    for (int64_t kx = 0, column = x; kx < window.kernel_x; ++kx, ++tap, column += window.dilation_x) {
      visit(tap, inside && column >= 0 && column < window.width ? y * window.width + column : -1, 1);
    }
  }
}

// Appends bits to words, the first in the least significant place.
class BitWriter {
 public:
  explicit BitWriter(uint64_t* to) : to_(to) {}

  // `value` holds `count` bits, 1 to 64, and zeros above them.
  void put(uint64_t value, int64_t count) {
    word_ |= value << fill_;
    fill_ += count;
    if (fill_ < kWordBits) return;
    *to_++ = word_;
    fill_ -= kWordBits;
    word_ = fill_ == 0 ? 0 : value >> (count - fill_);
  }

  void end() {
    if (fill_ > 0) *to_ = word_;
  }

 private:
  uint64_t* to_;
  uint64_t word_ = 0;
  int64_t fill_ = 0;
};

inline void window_bits(
    const Window& window, const Tensor& in, const Tensor& out, char* space, const uint64_t* border) {
  const int64_t count = words_of(in.channels), last = in.channels - (count - 1) * kWordBits;
  const uint64_t* map = words(in, space, 0);
  each_window(window, out.rows, [&](int64_t row, int64_t y, int64_t x) {
    uint64_t* to = words(out, space, row);
    BitWriter writer(to);
    each_run(window, y, x, [&](int64_t tap, int64_t pixel, int64_t pixels) {
      const uint64_t* from = pixel < 0 ? border : map + pixel * count;
      if (last == kWordBits) {
        for (int64_t k = 0; k < pixels * count; ++k) to[tap * count + k] = from[k];
        return;
      }
      for (; pixels > 0; --pixels, from += count) {
        for (int64_t k = 0; k < count - 1; ++k) writer.put(from[k], kWordBits);
        writer.put(from[count - 1], last);
      }
    });
    writer.end();
  });
}

inline void window_values(
    const Window& window, const Tensor& in, const Tensor& out, char* space, const char* border) {
  const int64_t bytes = row_bytes(in), row_of_bytes = row_bytes(out);
  each_window(window, out.rows, [&](int64_t row, int64_t y, int64_t x) {
    char* to = space + out.offset + row * row_of_bytes;
    each_run(window, y, x, [&](int64_t tap, int64_t pixel, int64_t pixels) {
      std::memcpy(to + tap * bytes, pixel < 0 ? border : space + in.offset + pixel * bytes, pixels * bytes);
    });
  });
}

// Some channels of all taps leave before the next ones.
inline void window_by_channels(
    const Window& window, const Tensor& in, const Tensor& out, char* space, const char* border) {
  const int64_t taps = window.kernel_y * window.kernel_x, run = window.together, groups = in.channels / run;
  const bool bits = static_cast<Storage>(in.storage) == Storage::Bits;
  const int64_t pixel_bytes = row_bytes(in), bytes = bits ? 0 : pixel_bytes / in.channels;
  if (bits) std::memset(space + out.offset, 0, out.rows * row_bytes(out));
  each_window(window, out.rows, [&](int64_t row, int64_t y, int64_t x) {
    char* to = space + out.offset + row * row_bytes(out);
    each_run(window, y, x, [&](int64_t tap, int64_t pixel, int64_t pixels) {
      for (int64_t ahead = 0; ahead < pixels; ++ahead) {
        const char* from = pixel < 0 ? border : space + in.offset + (pixel + ahead) * pixel_bytes;
        for (int64_t group = 0; group < groups; ++group) {
          const int64_t place = (group * taps + tap + ahead) * run;
          if (bits) {
            copy_bits(reinterpret_cast<uint64_t*>(to), place, reinterpret_cast<const uint64_t*>(from), group * run, run);
          } else {
            std::memcpy(to + place * bytes, from + group * run * bytes, run * bytes);
          }
        }
      }
    });
  });
}

inline void slide(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  Window window;
  std::memcpy(&window, step.numbers, sizeof window);
  const Tensor border{1, in.channels, 0, in.storage};
  auto* values = reinterpret_cast<int64_t*>(scratch + padded(row_bytes(in), 8));
  for (int64_t c = 0; c < in.channels; ++c) values[c] = window.border;
  store(border, scratch, 0, values);
  if (window.together < in.channels) {
    window_by_channels(window, in, out, space, scratch);
  } else if (static_cast<Storage>(in.storage) == Storage::Bits) {
    window_bits(window, in, out, space, reinterpret_cast<const uint64_t*>(scratch));
  } else {
    window_values(window, in, out, space, scratch);
  }
}
