// The sliding window. Included once for each instruction set, within its namespace.

// numbers: height, width, columns of windows, kernel (y, x), stride (y, x), dilation (y, x), padding at the
// top and on the left, border, channels that leave together.
struct Window {
  int64_t height, width, columns, kernel_y, kernel_x, stride_y, stride_x, dilation_y, dilation_x, top, left, border,
      together;

  // Returns the pixel under a tap, -1 in the border.
  int64_t pixel(int64_t row, int64_t tap) const {
    const int64_t y = row / columns * stride_y - top + tap / kernel_x * dilation_y;
    const int64_t x = row % columns * stride_x - left + tap % kernel_x * dilation_x;
    return y < 0 || y >= height || x < 0 || x >= width ? -1 : y * width + x;
  }
};

// Where a run of channels of a tap lies in its window.
inline int64_t place_of(const Window& window, int64_t taps, int64_t tap, int64_t group) {
  return (group * taps + tap) * window.together;
}

inline void window_bits(
    const Window& window, const Tensor& in, const Tensor& out, char* space, const uint64_t* border) {
  const int64_t taps = window.kernel_y * window.kernel_x, groups = in.channels / window.together;
  std::memset(space + out.offset, 0, out.rows * row_bytes(out));
  for (int64_t row = 0; row < out.rows; ++row) {
    uint64_t* to = words(out, space, row);
    for (int64_t tap = 0; tap < taps; ++tap) {
      const int64_t pixel = window.pixel(row, tap);
      const uint64_t* from = pixel < 0 ? border : words(in, space, pixel);
      for (int64_t group = 0; group < groups; ++group) {
        copy_bits(to, place_of(window, taps, tap, group), from, group * window.together, window.together);
      }
    }
  }
}

inline void window_values(
    const Window& window, const Tensor& in, const Tensor& out, char* space, const char* border) {
  const int64_t taps = window.kernel_y * window.kernel_x, groups = in.channels / window.together;
  const int64_t bytes = row_bytes(in) / in.channels, pixel_bytes = row_bytes(in);
  for (int64_t row = 0; row < out.rows; ++row) {
    char* to = space + out.offset + row * row_bytes(out);
    for (int64_t tap = 0; tap < taps; ++tap) {
      const int64_t pixel = window.pixel(row, tap);
      const char* from = pixel < 0 ? border : space + in.offset + pixel * pixel_bytes;
      for (int64_t group = 0; group < groups; ++group) {
        std::memcpy(to + place_of(window, taps, tap, group) * bytes, from + group * window.together * bytes,
                    window.together * bytes);
      }
    }
  }
}

inline void slide(const Step& step, const Tensor& in, const Tensor& out, char* space, char* scratch) {
  Window window;
  std::memcpy(&window, step.numbers, sizeof window);
  const Tensor border{1, in.channels, 0, in.storage};
  auto* values = reinterpret_cast<int64_t*>(scratch + padded(row_bytes(in), 8));
  for (int64_t c = 0; c < in.channels; ++c) values[c] = window.border;
  store(border, scratch, 0, values);
  if (static_cast<Storage>(in.storage) == Storage::Bits) {
    window_bits(window, in, out, space, reinterpret_cast<const uint64_t*>(scratch));
  } else {
    window_values(window, in, out, space, scratch);
  }
}
