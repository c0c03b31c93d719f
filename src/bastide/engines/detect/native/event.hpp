// One event: the JSON object of a line taken apart without building anything, or a row of Arrow columns.
#pragma once

#include "text.hpp"

namespace bastide {

constexpr uint32_t NO_SLOT = ~0u;

// What a field holds. ODD: only the Python engine reads it (a list, a number not written as Python writes it).
enum class Is : uint8_t { ABSENT, NUL, TEXT, PLAIN, OBJECT, ODD };

struct Value {
    const char* at = nullptr;
    uint32_t size = 0;
    Is is = Is::ABSENT;
    bool escaped = false, ready = false, metadata = false, ascii = false;
    uint32_t low_size = 0;
    const char* low = nullptr;
};

// Names of fields the rules ask for, each with its slot.
class Names {
  public:
    void add(View name, bool metadata);
    void close();
    uint32_t slot(const char* name, size_t size, uint64_t hash) const {
        for (size_t i = hash & mask_;; i = (i + 1) & mask_) {
            const uint32_t slot = table_[i];
            if (slot == NO_SLOT) return NO_SLOT;
            if (hashes_[slot] == hash && names_[slot].size() == size && std::memcmp(names_[slot].data(), name, size) == 0) return slot;
        }
    }
    uint32_t size() const { return static_cast<uint32_t>(names_.size()); }
    bool metadata(uint32_t slot) const { return metadata_[slot]; }

  private:
    std::vector<std::string> names_;
    std::vector<uint64_t> hashes_;
    std::vector<bool> metadata_;
    std::vector<uint32_t> table_;
    size_t mask_ = 0;
};

// The values of the event at hand. Reused for the next one: nothing is allocated per event.
class Event {
  public:
    Event(const Names& names, const Lowering& lowering) : names_(names), lowering_(lowering), slots_(names.size()), stamps_(names.size(), 0), seen_(1024) {}

    // Takes a JSON object apart; false where Python has to read it. `size` bytes, PADDING more can be read.
    bool parse(const char* line, size_t size);

    // Begins an event whose values are set one by one.
    void clear(size_t bytes);
    void set(uint32_t slot, const char* at, uint32_t size, Is is) {
        slots_[slot] = static_cast<uint32_t>(values_.size());
        stamps_[slot] = epoch_;
        values_.push_back({at, size, is, false, false, names_.metadata(slot)});
    }
    void add(const char* at, uint32_t size, Is is) { values_.push_back({at, size, is}); }
    // After the last value: room for their lower-case texts.
    void make_room();

    Value* value(uint32_t slot) { return stamps_[slot] == epoch_ ? &values_[slots_[slot]] : nullptr; }
    std::vector<Value>& values() { return values_; }

    // The lower-case text of a value that has one. False where only Python can tell it.
    bool text(Value& value, View& text) {
        if (!value.ready && !make_ready(value)) return false;
        text = View(value.low, value.low_size);
        return true;
    }

    // Whether the line holds escapes that write letters in more than one way (backslash u, backslash slash).
    bool coded() const { return coded_; }

    // The text as it is written. False where only Python can tell it.
    bool plain(const Value& value, View& text);

  private:
    bool make_ready(Value& value);
    bool object(size_t& at, size_t prefix, int depth, bool in_list);
    bool list(size_t& at, size_t prefix, int depth, uint32_t slot);
    bool scalar(size_t& at, uint32_t slot, bool in_list, Value& value);
    bool number(size_t& at, Value& value);
    bool string(size_t& at, const char*& begin, size_t& size);
    bool once(uint64_t hash);
    void put(uint32_t slot, const Value& value, bool alias, bool in_list);
    void spaces(size_t& at) const {
        while (line_[at] == ' ' || line_[at] == '\t' || line_[at] == '\r' || line_[at] == '\n') at++;
    }

    const Names& names_;
    const Lowering& lowering_;
    std::vector<Value> values_;
    std::vector<uint32_t> slots_;
    std::vector<uint64_t> stamps_;
    std::vector<bool> aliased_;
    uint64_t epoch_ = 0;

    const char* line_ = nullptr;
    size_t size_ = 0;
    std::vector<uint32_t> quotes_;
    size_t quote_ = 0;
    bool any_escape_ = false, any_high_ = false, any_control_ = false, coded_ = false;
    std::string path_;
    std::vector<std::pair<uint64_t, uint64_t>> seen_;
    uint32_t names_seen_ = 0, members_ = 0;

    std::vector<char> arena_, plain_;
    char* free_ = nullptr;
};

}  // namespace bastide
