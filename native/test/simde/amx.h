// AMX for machines without it: the tiles of a thread and what Intel's description has the instructions do to them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace attn::simde {

struct Tiles {
  static constexpr int kCount = 8, kMostRows = 16, kMostBytes = 64;
  bool configured = false;
  uint16_t row_bytes[kCount];
  uint8_t rows[kCount];
  uint8_t data[kCount][kMostRows][kMostBytes];

  // As the instruction faults: without a configuration that gives this tile a shape.
  void need(int tile) const {
    if (!configured || rows[tile] == 0 || row_bytes[tile] == 0) std::abort();
  }
};
inline thread_local Tiles tiles;

inline float widened(const uint8_t* row, int index) {  // subnormals count as zero
  uint16_t stored;
  std::memcpy(&stored, row + 2 * index, sizeof stored);
  const uint32_t bits = (stored & 0x7f80) == 0 ? (stored & 0x8000u) << 16 : uint32_t{stored} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace attn::simde

inline void _tile_loadconfig(const void* config) {
  attn::simde::Tiles& tiles = attn::simde::tiles;
  const auto* bytes = static_cast<const uint8_t*>(config);
  if (bytes[0] != 1) std::abort();  // the one palette there is
  for (int tile = 0; tile < tiles.kCount; ++tile) {
    std::memcpy(&tiles.row_bytes[tile], bytes + 16 + 2 * tile, 2);
    tiles.rows[tile] = bytes[48 + tile];
    if (tiles.rows[tile] > tiles.kMostRows || tiles.row_bytes[tile] > tiles.kMostBytes) std::abort();
  }
  std::memset(tiles.data, 0, sizeof tiles.data);
  tiles.configured = true;
}
inline void _tile_release() { attn::simde::tiles.configured = false; }

inline void _tile_zero(int tile) {
  attn::simde::tiles.need(tile);
  std::memset(attn::simde::tiles.data[tile], 0, sizeof attn::simde::tiles.data[tile]);
}
inline void _tile_loadd(int tile, const void* from, long stride) {
  attn::simde::Tiles& tiles = attn::simde::tiles;
  _tile_zero(tile);
  for (int row = 0; row < tiles.rows[tile]; ++row) {
    std::memcpy(tiles.data[tile][row], static_cast<const char*>(from) + row * stride, tiles.row_bytes[tile]);
  }
}
inline void _tile_stored(int tile, void* to, long stride) {
  const attn::simde::Tiles& tiles = attn::simde::tiles;
  tiles.need(tile);
  for (int row = 0; row < tiles.rows[tile]; ++row) {
    std::memcpy(static_cast<char*>(to) + row * stride, tiles.data[tile][row], tiles.row_bytes[tile]);
  }
}
inline void _tile_dpbf16ps(int sums, int a, int b) {
  using attn::simde::widened;
  attn::simde::Tiles& tiles = attn::simde::tiles;
  for (const int tile : {sums, a, b}) tiles.need(tile);
  const int pairs = tiles.row_bytes[a] / 4, columns = tiles.row_bytes[sums] / 4;
  if (tiles.rows[a] != tiles.rows[sums] || tiles.rows[b] != pairs || tiles.row_bytes[b] != 4 * columns) std::abort();
  for (int row = 0; row < tiles.rows[sums]; ++row) {
    float out[16];
    std::memcpy(out, tiles.data[sums][row], sizeof out);
    for (int k = 0; k < pairs; ++k) {
      const float even = widened(tiles.data[a][row], 2 * k), odd = widened(tiles.data[a][row], 2 * k + 1);
      for (int n = 0; n < columns; ++n) {
        out[n] += even * widened(tiles.data[b][k], 2 * n);
        out[n] += odd * widened(tiles.data[b][k], 2 * n + 1);
      }
    }
    std::memcpy(tiles.data[sums][row], out, sizeof out);
  }
}
