#include "event.hpp"

#include <algorithm>

namespace bastide {

namespace {

constexpr uint32_t MOST_MEMBERS = 9'000;   // below what makes an event too wide to be read at all (event.WIDEST)
constexpr size_t LONGEST = 1 << 19;        // below what makes it too long (event.LONGEST)
constexpr size_t LONGEST_NAME = 1'000;     // event.LONGEST_NAME
constexpr int DEEPEST = 30;                // below event.DEEPEST

struct Block { uint64_t quotes, backslashes, high, control; };

#if defined(__SSE2__)
inline Block block_of(const char* at) {
    Block b{0, 0, 0, 0};
    for (int i = 0; i < 4; i++) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * i));
        const auto mask = [i](__m128i found) { return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(found))) << (16 * i); };
        b.quotes |= mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
        b.backslashes |= mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        b.high |= mask(bytes);
        b.control |= mask(_mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes));
    }
    return b;
}
#else
inline Block block_of(const char* at) {
    Block b{0, 0, 0, 0};
    for (int i = 0; i < 64; i++) {
        const auto c = static_cast<uint8_t>(at[i]);
        b.quotes |= static_cast<uint64_t>(c == '"') << i;
        b.backslashes |= static_cast<uint64_t>(c == '\\') << i;
        b.high |= static_cast<uint64_t>(c >= 0x80) << i;
        b.control |= static_cast<uint64_t>(c < 0x20) << i;
    }
    return b;
}
#endif

bool known_escape(const char* at, size_t left) {
    switch (*at) {
        case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': return true;
        case 'u': return left >= 5 && hex4(at + 1) >= 0;
        default: return false;
    }
}

bool has_high(const char* at, size_t size) {
    uint64_t seen = 0;
    size_t i = 0;
    for (; i + 8 <= size; i += 8) seen |= load64(at + i);
    for (; i < size; i++) seen |= static_cast<uint8_t>(at[i]);
    return (seen & 0x8080808080808080ull) != 0;
}

}  // namespace

void Names::add(View name, bool metadata) {
    names_.emplace_back(name);
    metadata_.push_back(metadata);
}

void Names::close() {
    size_t room = 16;
    while (room < names_.size() * 4) room *= 2;
    mask_ = room - 1;
    table_.assign(room, NO_SLOT);
    for (uint32_t slot = 0; slot < names_.size(); slot++) {
        std::string padded = names_[slot] + std::string(PADDING, '\0');
        const uint64_t hash = hash_of(padded.data(), names_[slot].size());
        hashes_.push_back(hash);
        size_t i = hash & mask_;
        while (table_[i] != NO_SLOT) i = (i + 1) & mask_;
        table_[i] = slot;
    }
}

void Event::clear(size_t bytes) {
    epoch_++;
    values_.clear();
    aliased_.clear();
    names_seen_ = members_ = 0;
    const size_t room = 2 * bytes + 16 * PADDING;
    if (arena_.size() < room) arena_.resize(room * 2);
    free_ = arena_.data();
}

void Event::make_room() {
    size_t bytes = 0;
    for (Value& value : values_) {
        bytes += value.size;
        value.ready = false;
    }
    const size_t room = 2 * bytes + 16 * PADDING;
    if (arena_.size() < room) arena_.resize(room * 2);
    free_ = arena_.data();
}

bool Event::make_ready(Value& value) {
    if (value.is == Is::ODD) return false;
    char* end;
    if (decoded<true>(value.at, value.size, value.escaped, lowering_, free_, end, value.ascii) == Decoded::ODD) return false;
    value.low = free_;
    value.low_size = static_cast<uint32_t>(end - free_);
    value.ready = true;
    free_ = end;
    return true;
}

bool Event::plain(const Value& value, View& text) {
    if (value.is == Is::ODD) return false;
    if (!value.escaped || !std::memchr(value.at, '\\', value.size)) {
        text = View(value.at, value.size);
        return true;
    }
    if (plain_.size() < 2 * value.size + PADDING) plain_.resize(4 * value.size + PADDING);
    char* end;
    bool ascii;
    if (decoded<false>(value.at, value.size, true, lowering_, plain_.data(), end, ascii) == Decoded::ODD) return false;
    text = View(plain_.data(), static_cast<size_t>(end - plain_.data()));
    return true;
}

bool Event::parse(const char* line, size_t size) {
    clear(size);
    if (size > LONGEST) return false;
    line_ = line;
    size_ = size;
    // Quotes that open and close texts: those not behind an odd run of backslashes.
    quotes_.clear();
    quote_ = 0;
    uint64_t carried = 0, high = 0, control = 0;
    any_escape_ = coded_ = false;
    for (size_t at = 0; at < size; at += 64) {
        Block b = block_of(line + at);
        const uint64_t inside = size - at < 64 ? ~0ull >> (64 - (size - at)) : ~0ull;
        b.quotes &= inside;
        b.backslashes &= inside;
        high |= b.high & inside;
        control |= b.control & inside;
        uint64_t escaped = carried;
        if (b.backslashes | carried) {
            any_escape_ = true;
            constexpr uint64_t EVEN = 0x5555555555555555ull;
            const uint64_t slashes = b.backslashes & ~carried;
            const uint64_t follows = slashes << 1 | carried;
            const uint64_t odd_starts = slashes & ~EVEN & ~follows;
            uint64_t on_even;
            carried = __builtin_add_overflow(odd_starts, slashes, &on_even) ? 1 : 0;
            escaped = (EVEN ^ (on_even << 1)) & follows;
            for (uint64_t rest = escaped & inside; rest; rest &= rest - 1) {
                const size_t place = at + static_cast<size_t>(__builtin_ctzll(rest));
                if (!known_escape(line + place, size - place)) return false;
                coded_ |= line[place] == 'u' || line[place] == '/';
            }
        }
        for (uint64_t rest = b.quotes & ~escaped; rest; rest &= rest - 1)
            quotes_.push_back(static_cast<uint32_t>(at + static_cast<size_t>(__builtin_ctzll(rest))));
    }
    if (carried) return false;
    any_high_ = high != 0;
    any_control_ = control != 0;
    quotes_.push_back(~0u);
    quotes_.push_back(~0u);
    path_.clear();

    size_t at = 0;
    if (line[size - 1] != '}') {
        while (size_ > 0 && (line[size_ - 1] == ' ' || line[size_ - 1] == '\n' || line[size_ - 1] == '\r' || line[size_ - 1] == '\t')) size_--;
        if (size_ == 0 || line[size_ - 1] != '}') return false;
    }
    spaces(at);
    if (line[at] != '{') return false;
    return object(at, 0, 1, false) && at == size_;
}

// From the opening brace to behind the closing one.
bool Event::object(size_t& at, size_t prefix, int depth, bool in_list) {
    if (depth > DEEPEST) return false;
    at++;
    spaces(at);
    if (at < size_ && line_[at] == '}') { at++; return true; }
    while (at < size_) {
        const char* key;
        size_t key_size;
        if (!string(at, key, key_size)) return false;
        if (any_high_ && has_high(key, key_size)) return false;
        if (any_escape_ && std::memchr(key, '\\', key_size)) return false;
        spaces(at);
        if (line_[at] != ':') return false;
        at++;
        spaces(at);
        // The whole name: at the top the key itself, below it the names above with dots between.
        uint64_t hash;
        uint32_t slot;
        const char* name = key;
        size_t name_size = key_size;
        if (prefix || depth > 1) {
            path_.resize(prefix);
            if (depth > 1) path_ += '.';
            path_.append(key, key_size);
            name_size = path_.size();
            path_.append(PADDING, '\0');
            path_.resize(name_size);
            path_.reserve(name_size + PADDING);
            name = path_.data();
        }
        if (name_size > LONGEST_NAME) return false;
        hash = hash_of(name, name_size);
        slot = names_.slot(name, name_size, hash);
        if (!in_list && !once(hash)) return false;
        if (++members_ > MOST_MEMBERS) return false;
        uint32_t alias = NO_SLOT;
        if (std::memchr(name, ' ', name_size)) {
            std::string joined(name, name_size);
            joined.erase(std::remove(joined.begin(), joined.end(), ' '), joined.end());
            const size_t joined_size = joined.size();
            joined.append(PADDING, '\0');
            alias = names_.slot(joined.data(), joined_size, hash_of(joined.data(), joined_size));
        }
        if (at >= size_) return false;
        const char c = line_[at];
        if (c == '{') {
            if (slot != NO_SLOT) put(slot, {nullptr, 0, Is::OBJECT}, false, in_list);
            if (alias != NO_SLOT) put(alias, {nullptr, 0, Is::OBJECT}, true, in_list);
            if (depth == 1) path_.assign(key, key_size);
            if (!object(at, name_size, depth + 1, in_list)) return false;
        } else if (c == '[') {
            if (slot != NO_SLOT) put(slot, {nullptr, 0, Is::ODD}, false, in_list);
            if (alias != NO_SLOT) put(alias, {nullptr, 0, Is::ODD}, true, in_list);
            if (depth == 1) path_.assign(key, key_size);
            if (!list(at, name_size, depth + 1, slot)) return false;
        } else {
            Value value;
            if (!scalar(at, slot, in_list, value)) return false;
            if (alias != NO_SLOT) put(alias, value, true, in_list);
        }
        spaces(at);
        if (at >= size_) return false;
        if (line_[at] == '}') { at++; return true; }
        if (line_[at] != ',') return false;
        at++;
        spaces(at);
    }
    return false;
}

// From the opening bracket to behind the closing one. Its texts count for keywords; fields that hold lists are ODD.
bool Event::list(size_t& at, size_t prefix, int depth, uint32_t slot) {
    if (depth > DEEPEST) return false;
    at++;
    spaces(at);
    if (at < size_ && line_[at] == ']') { at++; return true; }
    while (at < size_) {
        if (++members_ > MOST_MEMBERS) return false;
        const char c = line_[at];
        if (c == '{') {
            if (!object(at, prefix, depth + 1, true)) return false;
        } else if (c == '[') {
            if (!list(at, prefix, depth + 1, slot)) return false;
        } else if (Value value; !scalar(at, NO_SLOT, true, value)) {
            return false;
        } else if (slot != NO_SLOT && names_.metadata(slot)) {
            return false;
        }
        spaces(at);
        if (at >= size_) return false;
        if (line_[at] == ']') { at++; return true; }
        if (line_[at] != ',') return false;
        at++;
        spaces(at);
    }
    return false;
}

bool Event::string(size_t& at, const char*& begin, size_t& size) {
    if (at >= size_ || quotes_[quote_] != at) return false;
    const uint32_t close = quotes_[quote_ + 1];
    if (close == ~0u) return false;
    quote_ += 2;
    begin = line_ + at + 1;
    size = close - at - 1;
    if (any_control_)
        for (size_t i = 0; i < size; i++)
            if (static_cast<uint8_t>(begin[i]) < 0x20) return false;
    at = close + 1;
    return true;
}

bool Event::scalar(size_t& at, uint32_t slot, bool in_list, Value& value) {
    const char c = line_[at];
    if (c == '"') {
        const char* begin;
        size_t size;
        if (!string(at, begin, size)) return false;
        value = {begin, static_cast<uint32_t>(size), Is::TEXT, any_escape_};
    } else if (c == 't' && size_ - at >= 4 && std::memcmp(line_ + at, "true", 4) == 0) {
        value = {line_ + at, 4, Is::PLAIN};
        at += 4;
    } else if (c == 'f' && size_ - at >= 5 && std::memcmp(line_ + at, "false", 5) == 0) {
        value = {line_ + at, 5, Is::PLAIN};
        at += 5;
    } else if (c == 'n' && size_ - at >= 4 && std::memcmp(line_ + at, "null", 4) == 0) {
        value = {line_ + at, 4, Is::NUL};
        at += 4;
    } else if (!number(at, value)) {
        return false;
    }
    if (slot != NO_SLOT) {
        put(slot, value, false, in_list);
    } else if (value.is != Is::NUL) {
        values_.push_back(value);
        aliased_.push_back(false);
    }
    return true;
}

bool Event::number(size_t& at, Value& value) {
    const char* const p = line_;
    const size_t begin = at;
    if (p[at] == '-') at++;
    if (at >= size_ || p[at] < '0' || p[at] > '9') return false;
    const size_t digits = at;
    while (at < size_ && p[at] >= '0' && p[at] <= '9') at++;
    if (p[digits] == '0' && at - digits > 1) return false;
    // Whether Python writes the number as it stands here.
    const size_t many = at - digits;
    bool same = many <= 18 || (many == 19 && (begin == digits || std::memcmp(p + digits, "9223372036854775808", 19) <= 0));
    if (p[digits] == '0' && begin != digits) same = false;
    if (at < size_ && p[at] == '.') {
        const size_t fraction = ++at;
        while (at < size_ && p[at] >= '0' && p[at] <= '9') at++;
        if (at == fraction) return false;
        const bool padded = p[at - 1] == '0' && at - fraction > 1;
        const bool tiny = p[digits] == '0' && at - fraction > 3 && std::memcmp(p + fraction, "000", 3) == 0;
        same = same && many + at - fraction <= 15 && !padded && !tiny;
    }
    if (at < size_ && (p[at] == 'e' || p[at] == 'E')) {
        same = false;
        at++;
        if (at < size_ && (p[at] == '+' || p[at] == '-')) at++;
        const size_t power = at;
        while (at < size_ && p[at] >= '0' && p[at] <= '9') at++;
        if (at == power) return false;
    }
    value = {p + begin, static_cast<uint32_t>(at - begin), same ? Is::PLAIN : Is::ODD};
    return true;
}

// Whether this name is new in the event; a doubled one is left to Python. Two names of one hash look doubled: no harm.
bool Event::once(uint64_t hash) {
    if (++names_seen_ > seen_.size() / 2) return false;
    for (size_t i = hash >> 20 & (seen_.size() - 1);; i = (i + 1) & (seen_.size() - 1)) {
        if (seen_[i].first != epoch_) {
            seen_[i] = {epoch_, hash};
            return true;
        }
        if (seen_[i].second == hash) return false;
    }
}

void Event::put(uint32_t slot, const Value& given, bool alias, bool in_list) {
    Value value = given;
    value.metadata = names_.metadata(slot);
    if (in_list && value.is != Is::NUL) value.is = Is::ODD;
    if (stamps_[slot] == epoch_) {
        Value& present = values_[slots_[slot]];
        if (alias) return;
        if (aliased_[slots_[slot]] && !in_list) {
            aliased_[slots_[slot]] = false;
            present = value;
        } else {
            present.is = Is::ODD;
        }
        return;
    }
    slots_[slot] = static_cast<uint32_t>(values_.size());
    stamps_[slot] = epoch_;
    values_.push_back(value);
    aliased_.push_back(alias);
}

}  // namespace bastide
