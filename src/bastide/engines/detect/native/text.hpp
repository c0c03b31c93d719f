// Texts of events: lower-casing, unescaping, and searching for other texts in them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace bastide {

using View = std::string_view;

// Bytes that may be read, not used, behind every text handed to the functions below.
constexpr size_t PADDING = 64;

inline uint32_t load32(const char* at) { uint32_t v; std::memcpy(&v, at, 4); return v; }
inline uint64_t load64(const char* at) { uint64_t v; std::memcpy(&v, at, 8); return v; }

inline uint64_t mixed(uint64_t a, uint64_t b) {
    const __uint128_t product = static_cast<__uint128_t>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// A hash of a text that has PADDING readable bytes behind it.
inline uint64_t hash_of(const char* at, size_t size) {
    uint64_t h = 0x9E3779B97F4A7C15ull ^ size;
    size_t i = 0;
    for (; i + 8 <= size; i += 8) h = mixed(h ^ load64(at + i), 0xD6E8FEB86659FD93ull);
    if (i < size) {
        const uint64_t rest = load64(at + i) & (~0ull >> (8 * (8 - (size - i))));
        h = mixed(h ^ rest, 0xA0761D6478BD642Full);
    }
    return h ^ (h >> 32);
}

enum class Decoded { WELL, ODD };

// Lower-case forms of the code points below TABLE; 0 marks those only Python lowers (more characters, or by context).
struct Lowering {
    static constexpr uint32_t TABLE = 0x20000;
    std::vector<uint32_t> to;
};

inline char* put_utf8(char* out, uint32_t c) {
    if (c < 0x80) {
        *out++ = static_cast<char>(c);
    } else if (c < 0x800) {
        *out++ = static_cast<char>(0xC0 | c >> 6);
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = static_cast<char>(0xE0 | c >> 12);
        *out++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    } else {
        *out++ = static_cast<char>(0xF0 | c >> 18);
        *out++ = static_cast<char>(0x80 | (c >> 12 & 0x3F));
        *out++ = static_cast<char>(0x80 | (c >> 6 & 0x3F));
        *out++ = static_cast<char>(0x80 | (c & 0x3F));
    }
    return out;
}

inline int hex_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

inline int32_t hex4(const char* at) {
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        const int digit = hex_of(at[i]);
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    return value;
}

// The code point at `at`, which is moved behind it; -1 where the bytes are no UTF-8.
inline int32_t next_utf8(const char*& at, const char* end) {
    const auto b0 = static_cast<uint8_t>(*at);
    int more;
    uint32_t c, least;
    if (b0 < 0x80) { at++; return b0; }
    else if (b0 >= 0xC2 && b0 < 0xE0) { more = 1; c = b0 & 0x1F; least = 0x80; }
    else if (b0 >= 0xE0 && b0 < 0xF0) { more = 2; c = b0 & 0x0F; least = 0x800; }
    else if (b0 >= 0xF0 && b0 < 0xF5) { more = 3; c = b0 & 0x07; least = 0x10000; }
    else return -1;
    if (end - at <= more) return -1;
    for (int i = 1; i <= more; i++) {
        const auto b = static_cast<uint8_t>(at[i]);
        if ((b & 0xC0) != 0x80) return -1;
        c = c << 6 | (b & 0x3F);
    }
    if (c < least || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return -1;
    at += more + 1;
    return static_cast<int32_t>(c);
}

// One code point into `out`, lower-case if LOWER; nullptr where only Python can tell it.
template <bool LOWER>
inline char* put(char* out, uint32_t c, const Lowering& lowering) {
    if (LOWER && c < Lowering::TABLE) {
        c = lowering.to[c];
        if (c == 0) return nullptr;
    }
    return put_utf8(out, c);
}

// Copies `in` into `out` (room: 2 * size + PADDING), lower-case if LOWER, undoing JSON's escapes if `escaped`. `end` is
// set behind the result.
template <bool LOWER>
inline Decoded decoded(const char* in, size_t size, bool escaped, const Lowering& lowering, char* out, char*& end, bool& ascii) {
    ascii = true;
    const char* const stop = in + size;
    while (in < stop) {
#if defined(__SSE2__)
        // Sixteen bytes at a time up to the first that is an escape or no ASCII.
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
        __m128i copy = bytes;
        if constexpr (LOWER) {
            const __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(bytes, _mm_set1_epi8('A' - 1)), _mm_cmpgt_epi8(_mm_set1_epi8('Z' + 1), bytes));
            copy = _mm_or_si128(bytes, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
        }
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), copy);
        unsigned special = static_cast<unsigned>(_mm_movemask_epi8(bytes));
        if (escaped) special |= static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
        size_t plain = special ? static_cast<size_t>(__builtin_ctz(special)) : 16;
        if (plain > static_cast<size_t>(stop - in)) plain = static_cast<size_t>(stop - in);
        in += plain;
        out += plain;
        if (!special) continue;
        if (in >= stop) break;
#endif
        const char c = *in;
        if (c == '\\' && escaped) {
            if (stop - in < 2) return Decoded::ODD;
            const char kind = in[1];
            in += 2;
            switch (kind) {
                case '"': case '\\': case '/': *out++ = kind; break;
                case 'b': *out++ = '\b'; break;
                case 'f': *out++ = '\f'; break;
                case 'n': *out++ = '\n'; break;
                case 'r': *out++ = '\r'; break;
                case 't': *out++ = '\t'; break;
                case 'u': {
                    if (stop - in < 4) return Decoded::ODD;
                    int32_t code = hex4(in);
                    in += 4;
                    if (code < 0 || (code >= 0xDC00 && code < 0xE000)) return Decoded::ODD;
                    if (code >= 0xD800 && code < 0xDC00) {
                        if (stop - in < 6 || in[0] != '\\' || in[1] != 'u') return Decoded::ODD;
                        const int32_t low = hex4(in + 2);
                        if (low < 0xDC00 || low >= 0xE000) return Decoded::ODD;
                        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                        in += 6;
                    }
                    ascii &= code < 0x80;
                    out = put<LOWER>(out, static_cast<uint32_t>(code), lowering);
                    if (!out) return Decoded::ODD;
                    break;
                }
                default: return Decoded::ODD;
            }
        } else if (static_cast<uint8_t>(c) < 0x80) {
            *out++ = static_cast<char>(LOWER && c >= 'A' && c <= 'Z' ? c | 0x20 : c);
            in++;
        } else {
            ascii = false;
            const int32_t code = next_utf8(in, stop);
            if (code < 0) return Decoded::ODD;
            out = put<LOWER>(out, static_cast<uint32_t>(code), lowering);
            if (!out) return Decoded::ODD;
        }
    }
    end = out;
    return Decoded::WELL;
}

// Where `needle` first is in `hay` at or behind `from`; npos if nowhere. Reads up to PADDING bytes behind `hay`.
inline size_t find(View hay, View needle, size_t from = 0) {
    const size_t n = needle.size();
    if (n == 0) return from;
    if (hay.size() < n + from) return View::npos;
    const size_t last = hay.size() - n;
    const char* const at = hay.data();
#if defined(__SSE2__)
    const __m128i first = _mm_set1_epi8(needle.front()), final = _mm_set1_epi8(needle.back());
    for (size_t i = from; i <= last; i += 16) {
        const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
        const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i + n - 1));
        unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, final))));
        while (mask) {
            const size_t place = i + static_cast<size_t>(__builtin_ctz(mask));
            if (place > last) return View::npos;
            if (std::memcmp(at + place, needle.data(), n) == 0) return place;
            mask &= mask - 1;
        }
    }
    return View::npos;
#else
    return hay.find(needle, from);
#endif
}

// As `find` of a needle of four bytes, whether its letters are small or capital; bytes that differ in that bit are alike.
inline size_t find_folded(View hay, View needle, size_t from = 0) {
    const uint32_t wanted = load32(needle.data()) | 0x20202020u;
    if (hay.size() < 4) return View::npos;
    const size_t last = hay.size() - 4;
#if defined(__SSE2__)
    const __m128i fold = _mm_set1_epi8(0x20), first = _mm_set1_epi8(needle[0] | 0x20), final = _mm_set1_epi8(needle[3] | 0x20);
    for (size_t i = from; i <= last; i += 16) {
        const __m128i a = _mm_or_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(hay.data() + i)), fold);
        const __m128i b = _mm_or_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(hay.data() + i + 3)), fold);
        unsigned mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, final))));
        for (; mask; mask &= mask - 1) {
            const size_t place = i + static_cast<size_t>(__builtin_ctz(mask));
            if (place > last) return View::npos;
            if ((load32(hay.data() + place) | 0x20202020u) == wanted) return place;
        }
    }
#else
    for (size_t i = from; i <= last; i++)
        if ((load32(hay.data() + i) | 0x20202020u) == wanted) return i;
#endif
    return View::npos;
}

// Whether `size` bytes are the same; most that differ do so in the first eight, or the last.
inline bool same(const char* a, const char* b, size_t size) {
    if (size >= 8) return load64(a) == load64(b) && load64(a + size - 8) == load64(b + size - 8) && std::memcmp(a, b, size) == 0;
    if (size >= 4) return load32(a) == load32(b) && load32(a + size - 4) == load32(b + size - 4);
    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i]) return false;
    return true;
}

inline bool starts(View text, View head) { return text.size() >= head.size() && same(text.data(), head.data(), head.size()); }
inline bool ends(View text, View tail) { return text.size() >= tail.size() && same(text.data() + text.size() - tail.size(), tail.data(), tail.size()); }

// Many texts looked for at once, each by four of its bytes that are rare: `hit(entry, place)` is told which may lie where.
// Of each text as many neighbouring fours are known as there are places from one look to the next.
class Grams {
  public:
    struct Entry { uint32_t gram; uint32_t text; uint32_t offset; };

    // Looks at every `step`-th place; texts have at least step + 3 bytes, else the step becomes 1.
    explicit Grams(size_t step = 2) : step_(step) {}

    // Takes a text of four bytes or more; `offset` is where its rarest four are. `fold` as in `scan`.
    void add(View text, uint32_t number, uint32_t offset, uint32_t fold = 0) {
        if (text.size() < step_ + 3) step_ = 1;
        texts_.push_back({text, number, offset, fold});
    }

    void close();

    bool empty() const { return texts_.empty(); }

    // Calls hit(entry, place of the gram) for every place whose four bytes are known, until it returns true. With FOLD
    // the bytes are looked at with the bit set that tells small letters from capitals.
    template <uint32_t FOLD = 0, typename Hit>
    bool scan(View value, Hit&& hit) const {
        if (entries_.empty() || value.size() < 4) return false;
        const char* const at = value.data();
        const size_t last = value.size() - 4;
        const uint64_t* const bits = bits_.data();
        const int shift = shift_;
        const size_t step = step_;
        for (size_t i = 0; i <= last; i += step) {
            const uint32_t h = ((load32(at + i) | FOLD) * 0x9E3779B1u) >> shift;
            if (__builtin_expect((bits[h >> 6] >> (h & 63)) & 1, 0)) {
                const uint32_t gram = load32(at + i) | FOLD;
                uint32_t slot = (gram * 0x85EBCA6Bu) >> table_shift_;
                for (; table_[slot] != EMPTY; slot = (slot + 1) & table_mask_) {
                    const Entry& entry = entries_[table_[slot]];
                    if (entry.gram == gram) {
                        for (uint32_t e = table_[slot]; e < entries_.size() && entries_[e].gram == gram; e++)
                            if (hit(entries_[e], i)) return true;
                        break;
                    }
                }
            }
        }
        return false;
    }

  private:
    struct Text { View text; uint32_t number, offset, fold; };
    static constexpr uint32_t EMPTY = ~0u;
    size_t step_;
    std::vector<Text> texts_;
    std::vector<Entry> entries_;
    std::vector<uint64_t> bits_;
    std::vector<uint32_t> table_;
    int shift_ = 0, table_shift_ = 0;
    uint32_t table_mask_ = 0;
};

}  // namespace bastide
