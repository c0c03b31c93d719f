// Indicators of compromise: addresses, networks, names, hashes, URLs – a million of them, asked for every token of a text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text.hpp"

namespace bastide {

enum class Sort : uint8_t { ADDRESS, NETWORK, DOMAIN_NAME, URL, HASH, EMAIL };

// Texts by their hash, counted from the end, so that one pass over a name gives the hash of every parent domain.
class TextTable {
public:
    // The number a text of this sort is known by; `fresh` if it was not known before.
    uint32_t take(Sort sort, View text, uint32_t number, bool& fresh);
    // Calls `found(number)` for every entry with this text, of a domain only where `part`.
    template <typename Found>
    void look(View text, uint64_t hash, bool part, Found found) const;

private:
    struct Entry { uint64_t start; uint32_t size; uint32_t number; Sort sort; };
    void grow();
    void place(uint32_t entry, uint64_t hash);

    std::vector<uint64_t> hashes_;
    std::vector<uint32_t> slots_;  // entry + 1; 0: empty
    std::vector<uint64_t> filter_;
    std::vector<Entry> entries_;
    std::vector<uint64_t> known_;  // hash of each entry
    std::string texts_;
};

// Single IPv4 addresses, most of which are told to be absent by a filter that fits into the cache.
class AddressTable {
public:
    AddressTable() : slots_(1024), filter_(256) {}
    // The number an address is known by; the one given if it is new.
    uint32_t take(uint32_t address, uint32_t number);
    template <typename Found>
    void look(uint32_t address, Found found) const {
        const uint64_t h = hash(address);
        const uint64_t wanted = 1ull << (h & 63) | 1ull << (h >> 6 & 63);
        if ((filter_[h >> 40 & (filter_.size() - 1)] & wanted) != wanted) return;
        for (size_t at = h >> 12 & (slots_.size() - 1); slots_[at].number; at = (at + 1) & (slots_.size() - 1))
            if (slots_[at].address == address) return found(slots_[at].number - 1);
    }

private:
    struct Slot { uint32_t address, number; };  // number + 1; 0: empty
    static uint64_t hash(uint32_t address) { return mixed(address + 0x9E3779B97F4A7C15ull, 0xD6E8FEB86659FD93ull); }
    void place(Slot slot);

    std::vector<Slot> slots_;
    std::vector<uint64_t> filter_;
    size_t count_ = 0;
};

// Addresses and networks as ranges; overlapping ones become disjoint ones that name several.
template <typename Address>
class Ranges {
public:
    void add(Address from, Address to, uint32_t number) {
        given_.push_back({from, to, number});
        stale_ = true;
    }
    template <typename Found>
    void look(Address at, Found found);
    // Makes ranges disjoint after some were added; `look` sees them only then.
    void settle();

private:
    struct Given { Address from, to; uint32_t number; };

    std::vector<Given> given_;
    std::vector<Address> from_, to_;
    std::vector<uint32_t> first_, numbers_;
    std::vector<uint32_t> front_;  // of each upper half, where its ranges begin
    bool stale_ = false;
};

class Indicators {
public:
    // The number of an indicator, new or known; -1: the text is none of this sort.
    int64_t add(Sort sort, View text);
    void drop(uint32_t number) { if (number < alive_.size()) alive_[number] = 0; }
    // Numbers found in a value; a number may come more than once.
    void look(View value, std::vector<uint32_t>& found);
    // The same for every string value of a JSON text; false: it holds escapes that only Python takes apart.
    bool look_json(View text, std::vector<uint32_t>& found);
    // Called once before looking from several threads.
    void settle();

private:
    void token(View text, std::vector<uint32_t>& found);
    void run(View text, std::vector<uint32_t>& found);
    void whole(View text, std::vector<uint32_t>& found);
    uint32_t next() const { return static_cast<uint32_t>(alive_.size()); }

    TextTable texts_;
    Ranges<uint32_t> four_;
    Ranges<unsigned __int128> six_;
    AddressTable exact_;
    std::vector<uint8_t> alive_;
};

}  // namespace bastide
