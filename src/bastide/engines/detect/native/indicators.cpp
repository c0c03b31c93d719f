#include "indicators.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

namespace bastide {

namespace {

// A token goes from one HARD byte to the next; a run is what lies between SOFT ones in it.
enum Class : uint8_t { NAME, SOFT, HARD };

constexpr std::array<uint8_t, 256> classes() {
    std::array<uint8_t, 256> of{};
    for (int c = 0; c < 256; ++c) of[c] = c >= 0x80 ? NAME : HARD;
    for (int c = 'a'; c <= 'z'; ++c) of[c] = NAME;
    for (int c = 'A'; c <= 'Z'; ++c) of[c] = NAME;
    for (int c = '0'; c <= '9'; ++c) of[c] = NAME;
    for (char c : {'.', '-', '_'}) of[static_cast<uint8_t>(c)] = NAME;
    for (char c : {':', '/', '@', '%', '?', '&', '=', '+', '~', '#', '$', '!', '*'}) of[static_cast<uint8_t>(c)] = SOFT;
    return of;
}

constexpr std::array<uint8_t, 256> CLASS = classes();
constexpr uint64_t SEED = 0x9E3779B97F4A7C15ull;

inline uint8_t low(char c) { return static_cast<uint8_t>(c >= 'A' && c <= 'Z' ? c + 32 : c); }
inline uint64_t step(uint64_t h, uint8_t c) { return (h ^ c) * 0x100000001B3ull; }
inline uint64_t done(uint64_t h) { return mixed(h ^ SEED, 0xD6E8FEB86659FD93ull); }

uint64_t hash_back(View text) {
    uint64_t h = SEED;
    for (size_t i = text.size(); i-- > 0;) h = step(h, low(text[i]));
    return done(h);
}

bool same(View text, const char* lower) {
    for (size_t i = 0; i < text.size(); ++i)
        if (low(text[i]) != static_cast<uint8_t>(lower[i])) return false;
    return true;
}

inline uint64_t bits(uint64_t hash) { return 1ull << (hash & 63) | 1ull << (hash >> 6 & 63); }

// The number of a dotted address of four decimal parts without leading zeros.
bool four_of(View text, uint32_t& number) {
    if (text.size() < 7 || text.size() > 15) return false;
    uint32_t parts = 0, value = 0, digits = 0, all = 0;
    for (char c : text) {
        if (c >= '0' && c <= '9') {
            if (digits && value == 0) return false;
            value = value * 10 + static_cast<uint32_t>(c - '0');
            if (++digits > 3 || value > 255) return false;
        } else if (c == '.') {
            if (!digits || ++parts > 3) return false;
            all = all << 8 | value;
            value = digits = 0;
        } else {
            return false;
        }
    }
    if (parts != 3 || !digits) return false;
    number = all << 8 | value;
    return true;
}

bool six_of(View text, unsigned __int128& number) {
    if (text.size() < 2 || text.size() > 45) return false;
    for (char c : text)
        if (!((c >= '0' && c <= '9') || (low(c) >= 'a' && low(c) <= 'f') || c == ':' || c == '.')) return false;
    char zero[46];
    std::memcpy(zero, text.data(), text.size());
    zero[text.size()] = 0;
    uint8_t bytes[16];
    if (inet_pton(AF_INET6, zero, bytes) != 1) return false;
    number = 0;
    for (uint8_t byte : bytes) number = number << 8 | byte;
    return true;
}

template <typename Address>
constexpr int HALF = sizeof(Address) * 8 - 16;

}  // namespace

uint32_t TextTable::take(Sort sort, View text, uint32_t number, bool& fresh) {
    const uint64_t hash = hash_back(text);
    if ((entries_.size() + 1) * 2 > slots_.size()) grow();
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask; slots_[at]; at = (at + 1) & mask) {
        const Entry& entry = entries_[slots_[at] - 1];
        if (hashes_[at] == hash && entry.sort == sort && entry.size == text.size() && same(text, texts_.data() + entry.start)) {
            fresh = false;
            return entry.number;
        }
    }
    entries_.push_back({texts_.size(), static_cast<uint32_t>(text.size()), number, sort});
    known_.push_back(hash);
    for (char c : text) texts_.push_back(static_cast<char>(low(c)));
    place(static_cast<uint32_t>(entries_.size()), hash);
    fresh = true;
    return number;
}

void TextTable::place(uint32_t entry, uint64_t hash) {
    const size_t mask = slots_.size() - 1;
    size_t at = hash & mask;
    while (slots_[at]) at = (at + 1) & mask;
    slots_[at] = entry;
    hashes_[at] = hash;
    filter_[hash >> 24 & (filter_.size() - 1)] |= bits(hash >> 12);
}

void TextTable::grow() {
    const size_t size = std::max<size_t>(1024, slots_.size() * 2);
    slots_.assign(size, 0);
    hashes_.assign(size, 0);
    filter_.assign(std::max<size_t>(1024, size / 8), 0);
    for (uint32_t entry = 0; entry < entries_.size(); ++entry) place(entry + 1, known_[entry]);
}

template <typename Found>
void TextTable::look(View text, uint64_t hash, bool part, Found found) const {
    if (slots_.empty()) return;
    const uint64_t wanted = bits(hash >> 12);
    if ((filter_[hash >> 24 & (filter_.size() - 1)] & wanted) != wanted) return;
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask; slots_[at]; at = (at + 1) & mask) {
        if (hashes_[at] != hash) continue;
        const Entry& entry = entries_[slots_[at] - 1];
        if (part && entry.sort != Sort::DOMAIN_NAME) continue;
        if (entry.size == text.size() && same(text, texts_.data() + entry.start)) found(entry.number);
    }
}

uint32_t AddressTable::take(uint32_t address, uint32_t number) {
    if ((count_ + 1) * 2 > slots_.size()) {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        filter_.assign(slots_.size() / 4, 0);
        for (const Slot& slot : old)
            if (slot.number) place(slot);
    }
    uint32_t known = number;
    look(address, [&](uint32_t found) { known = found; });
    if (known == number) place({address, number + 1}), ++count_;
    return known;
}

void AddressTable::place(Slot slot) {
    const uint64_t h = hash(slot.address);
    size_t at = h >> 12 & (slots_.size() - 1);
    while (slots_[at].number) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
    filter_[h >> 40 & (filter_.size() - 1)] |= 1ull << (h & 63) | 1ull << (h >> 6 & 63);
}

template <typename Address>
void Ranges<Address>::settle() {
    if (!stale_) return;
    stale_ = false;
    // Between two neighbouring borders the same ranges hold; the end of all addresses is no border.
    std::vector<Given> order = given_;
    std::sort(order.begin(), order.end(), [](const Given& a, const Given& b) { return a.from < b.from; });
    std::vector<Address> borders;
    for (const Given& one : order) {
        borders.push_back(one.from);
        if (static_cast<Address>(one.to + 1) != 0) borders.push_back(one.to + 1);
    }
    std::sort(borders.begin(), borders.end());
    borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
    from_.clear(), to_.clear(), first_.clear(), numbers_.clear();
    std::multiset<std::pair<Address, uint32_t>> open;  // by end
    size_t next = 0;
    for (size_t i = 0; i < borders.size(); ++i) {
        const Address at = borders[i];
        while (!open.empty() && open.begin()->first < at) open.erase(open.begin());
        while (next < order.size() && order[next].from == at) open.insert({order[next].to, order[next].number}), ++next;
        if (open.empty()) continue;
        from_.push_back(at);
        to_.push_back(i + 1 < borders.size() ? static_cast<Address>(borders[i + 1] - 1) : static_cast<Address>(~Address{0}));
        first_.push_back(static_cast<uint32_t>(numbers_.size()));
        for (const auto& [end, number] : open) numbers_.push_back(number);
    }
    first_.push_back(static_cast<uint32_t>(numbers_.size()));
    front_.assign(65537, 0);
    for (uint32_t high = 0, at = 0; high < 65537; ++high) {
        while (at < to_.size() && static_cast<uint32_t>(to_[at] >> HALF<Address>) < high) ++at;
        front_[high] = at;
    }
}

template <typename Address>
template <typename Found>
void Ranges<Address>::look(Address at, Found found) {
    if (from_.empty()) return;
    const uint32_t high = static_cast<uint32_t>(at >> HALF<Address>);
    // Ranges that end in an earlier half are before; the first that begins behind `at` is never the one.
    auto begin = from_.begin() + front_[high];
    auto end = high + 2 < front_.size() ? from_.begin() + std::min<size_t>(front_[high + 1] + 1, from_.size()) : from_.end();
    auto after = std::upper_bound(begin, end, at);
    if (after == begin) return;
    const size_t place = static_cast<size_t>(after - from_.begin()) - 1;
    if (at > to_[place]) return;
    for (uint32_t i = first_[place]; i < first_[place + 1]; ++i) found(numbers_[i]);
}

int64_t Indicators::add(Sort sort, View text) {
    if (text.empty()) return -1;
    uint32_t number = next();
    if (sort == Sort::NETWORK || sort == Sort::ADDRESS) {
        const size_t slash = text.find('/');
        const View head = text.substr(0, slash);
        uint32_t four;
        unsigned __int128 six;
        int width;
        const bool is_four = four_of(head, four);
        if (!is_four && !six_of(head, six)) return -1;
        width = is_four ? 32 : 128;
        int size = width;
        if (slash != View::npos) {
            size = 0;
            if (slash + 1 == text.size() || text.size() - slash > 4) return -1;
            for (char c : text.substr(slash + 1)) {
                if (c < '0' || c > '9') return -1;
                size = size * 10 + (c - '0');
            }
            if (size > width) return -1;
        }
        if (is_four && size == 32) {
            const uint32_t known = exact_.take(four, number);
            if (known != number) {
                alive_[known] = 1;
                return known;
            }
        } else {
            bool fresh;
            number = texts_.take(Sort::NETWORK, text, number, fresh);  // so that the same network is known again
            if (!fresh) {
                alive_[number] = 1;
                return number;
            }
            if (is_four) {
                const uint32_t tail = size == 0 ? ~0u : (size == 32 ? 0u : ~0u >> size);
                four_.add(four & ~tail, four | tail, number);
            } else {
                const unsigned __int128 all = ~static_cast<unsigned __int128>(0);
                const unsigned __int128 tail = size == 0 ? all : (size == 128 ? 0 : all >> size);
                six_.add(six & ~tail, six | tail, number);
            }
        }
    } else {
        bool fresh;
        number = texts_.take(sort, text, number, fresh);
        if (!fresh) {
            alive_[number] = 1;
            return number;
        }
    }
    alive_.push_back(1);
    return number;
}

void Indicators::settle() {
    four_.settle();
    six_.settle();
}

// A run of letters, digits, dots and dashes: an address, or a name with its parent domains, or a hash.
void Indicators::run(View text, std::vector<uint32_t>& found) {
    while (!text.empty() && text.back() == '.') text.remove_suffix(1);
    while (!text.empty() && text.front() == '.') text.remove_prefix(1);
    if (text.size() < 3) return;
    const auto keep = [&](uint32_t number) { if (alive_[number]) found.push_back(number); };
    if (text[0] >= '0' && text[0] <= '9') {
        uint32_t four;
        if (four_of(text, four)) {
            exact_.look(four, keep);
            four_.look(four, keep);
            return;
        }
    }
    uint64_t h = SEED;
    for (size_t i = text.size(); i-- > 0;) {
        if (text[i] == '.') texts_.look(text.substr(i + 1), done(h), true, keep);
        h = step(h, low(text[i]));
    }
    texts_.look(text, done(h), false, keep);
}

void Indicators::whole(View text, std::vector<uint32_t>& found) {
    texts_.look(text, hash_back(text), false, [&](uint32_t number) { if (alive_[number]) found.push_back(number); });
}

// A token with marks in it: an IPv6 address, an e-mail address, a URL – and the runs it is made of.
void Indicators::token(View text, std::vector<uint32_t>& found) {
    unsigned __int128 six;
    if (text.find(':') != View::npos && six_of(text, six)) {
        six_.look(six, [&](uint32_t number) { if (alive_[number]) found.push_back(number); });
        return;
    }
    for (size_t at = text.find('@'); at != View::npos; at = text.find('@', at + 1)) {
        size_t from = at, to = at + 1;
        while (from > 0 && (CLASS[static_cast<uint8_t>(text[from - 1])] == NAME || text[from - 1] == '+' || text[from - 1] == '%')) --from;
        while (to < text.size() && CLASS[static_cast<uint8_t>(text[to])] == NAME) ++to;
        while (to > at + 1 && text[to - 1] == '.') --to;
        if (from < at && to > at + 1) whole(text.substr(from, to - from), found);
    }
    for (size_t at = text.find("://"); at != View::npos; at = text.find("://", at + 3)) {
        size_t from = at;
        while (from > 0 && low(text[from - 1]) >= 'a' && low(text[from - 1]) <= 'z') --from;
        if (from < at) whole(text.substr(from), found);
    }
    for (size_t at = 0; at < text.size();) {
        while (at < text.size() && CLASS[static_cast<uint8_t>(text[at])] != NAME) ++at;
        size_t end = at;
        while (end < text.size() && CLASS[static_cast<uint8_t>(text[end])] == NAME) ++end;
        if (end > at) run(text.substr(at, end - at), found);
        at = end;
    }
}

void Indicators::look(View value, std::vector<uint32_t>& found) {
    for (size_t at = 0; at < value.size();) {
        while (at < value.size() && CLASS[static_cast<uint8_t>(value[at])] == HARD) ++at;
        size_t end = at;
        bool plain = true;
        for (; end < value.size(); ++end) {
            const uint8_t c = CLASS[static_cast<uint8_t>(value[end])];
            if (c == HARD) break;
            plain &= c == NAME;
        }
        if (end > at) plain ? run(value.substr(at, end - at), found) : token(value.substr(at, end - at), found);
        at = end;
    }
}

bool Indicators::look_json(View text, std::vector<uint32_t>& found) {
    const size_t before = found.size();
    const char* at = text.data();
    const char* const end = at + text.size();
    while ((at = static_cast<const char*>(std::memchr(at, '"', static_cast<size_t>(end - at))))) {
        const char* const begin = ++at;
        bool escaped = false;
        for (; at < end && *at != '"'; ++at) {
            if (*at != '\\') continue;
            escaped = true;
            if (++at == end || *at == '/' || *at == 'u') {
                found.resize(before);
                return false;
            }
        }
        if (at == end) break;
        const char* const close = at++;
        const char* next = at;
        while (next < end && (*next == ' ' || *next == '\t')) ++next;
        if (next < end && *next == ':') continue;  // a name, not a value
        if (!escaped) {
            look({begin, static_cast<size_t>(close - begin)}, found);
            continue;
        }
        for (const char* from = begin; from < close;) {
            const char* slash = static_cast<const char*>(std::memchr(from, '\\', static_cast<size_t>(close - from)));
            const char* const to = slash ? slash : close;
            look({from, static_cast<size_t>(to - from)}, found);
            from = slash ? slash + 2 : close;
        }
    }
    return true;
}

}  // namespace bastide

using bastide::Indicators;
using bastide::Sort;
using bastide::View;

namespace {

struct Held {
    Indicators all;
};

struct Finds {
    std::vector<uint32_t> pairs;  // row, number
    std::vector<uint32_t> odd;
    std::vector<uint32_t> found;
};

}  // namespace

extern "C" {

void* bastide_indicators() { return new Held; }

void bastide_indicators_free(void* held) { delete static_cast<Held*>(held); }

// Adds texts of given sorts; `numbers` receives the number of each, -1 where it is none of its sort.
void bastide_indicators_add(void* held, const uint8_t* sorts, const char* texts, const int64_t* offsets, uint64_t count, int64_t* numbers) {
    for (uint64_t i = 0; i < count; ++i)
        numbers[i] = static_cast<Held*>(held)->all.add(
            static_cast<Sort>(sorts[i]), View(texts + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i])));
    static_cast<Held*>(held)->all.settle();
}

void bastide_indicators_drop(void* held, uint32_t number) { static_cast<Held*>(held)->all.drop(number); }

void* bastide_finds() { return new Finds; }

void bastide_finds_free(void* finds) { delete static_cast<Finds*>(finds); }

// Looks through rows of texts, `wide` with offsets of 64 bits; JSON objects where `json`. `out` receives the addresses
// and counts of the pairs (row, number) and of the rows that only Python takes apart; valid until the next call.
void bastide_indicators_look(
    void* held, void* finds, const char* texts, const void* offsets, uint32_t wide, uint64_t count, uint32_t json, uint64_t* out) {
    auto& into = *static_cast<Finds*>(finds);
    into.pairs.clear(), into.odd.clear();
    const auto* narrow = static_cast<const int32_t*>(offsets);
    const auto* large = static_cast<const int64_t*>(offsets);
    for (uint64_t row = 0; row < count; ++row) {
        const int64_t from = wide ? large[row] : narrow[row], to = wide ? large[row + 1] : narrow[row + 1];
        const View text(texts + from, static_cast<size_t>(to - from));
        into.found.clear();
        if (!json) {
            static_cast<Held*>(held)->all.look(text, into.found);
        } else if (!static_cast<Held*>(held)->all.look_json(text, into.found)) {
            into.odd.push_back(static_cast<uint32_t>(row));
        }
        for (uint32_t number : into.found) into.pairs.push_back(static_cast<uint32_t>(row)), into.pairs.push_back(number);
    }
    out[0] = reinterpret_cast<uint64_t>(into.pairs.data()), out[1] = into.pairs.size() / 2;
    out[2] = reinterpret_cast<uint64_t>(into.odd.data()), out[3] = into.odd.size();
}

}  // extern "C"
