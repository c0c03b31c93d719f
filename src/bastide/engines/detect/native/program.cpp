#include "program.hpp"

#include <algorithm>
#include <stdexcept>

namespace bastide {

namespace {

constexpr char STAR = '\xFF', ONE = '\xFE';  // bytes no UTF-8 text has
constexpr size_t FEW = 6;
constexpr size_t LONGEST_WILD = 4'096;  // longer values with `?` are left to Python, whose engine is linear there

enum Op : uint32_t { LEAF, NOT, AND, OR };

class Reader {
  public:
    Reader(const uint32_t* numbers, size_t count, View texts) : at_(numbers), end_(numbers + count), texts_(texts) {}
    uint32_t number() {
        if (at_ == end_) throw std::runtime_error("a program ends early");
        return *at_++;
    }
    View text() {
        const uint32_t from = number(), size = number();
        if (static_cast<uint64_t>(from) + size > texts_.size()) throw std::runtime_error("a text lies outside its program");
        return texts_.substr(from, size);
    }

  private:
    const uint32_t *at_, *end_;
    View texts_;
};

// A table written as the kind of each byte, the steps of each state by kind (16 bits each), and the final states.
Automaton automaton_of(View classes, View steps, View final, View shortest, View musts) {
    if (classes.size() != 128 || shortest.size() != 4 || final.empty() || steps.size() % (2 * final.size()) != 0) throw std::runtime_error("a table is damaged");
    const size_t kinds = steps.size() / 2 / final.size();
    Automaton made;
    made.steps.resize(final.size() * 128);
    for (size_t state = 0; state < final.size(); state++) {
        made.final.push_back(final[state] != 0);
        for (size_t byte = 0; byte < 128; byte++) {
            const size_t kind = static_cast<uint8_t>(classes[byte]);
            if (kind >= kinds) throw std::runtime_error("a table is damaged");
            uint16_t to;
            std::memcpy(&to, steps.data() + 2 * (state * kinds + kind), 2);
            if (to >= final.size()) throw std::runtime_error("a table is damaged");
            made.steps[state << 7 | byte] = to;
        }
    }
    made.shortest = load32(shortest.data());
    while (!musts.empty()) {
        const size_t end = std::min(musts.find('\0'), musts.size());
        made.musts.push_back(musts.substr(0, end));
        musts.remove_prefix(std::min(end + 1, musts.size()));
    }
    long most = 0;
    for (uint32_t state = 0; state < final.size(); state++) {
        const auto row = made.steps.begin() + (state << 7);
        const long back = std::count(row, row + 128, static_cast<uint16_t>(state));
        if (state != 1 && back > most) {
            most = back;
            made.home = state;
        }
    }
    for (uint32_t byte = 0; byte < 128; byte++) made.stays[byte] = made.steps[made.home << 7 | byte] == made.home;
    return made;
}

// Whether the text fits a part in which ONE stands for any character. Both are ASCII or the part has no ONE.
bool fits(const char* text, View part) {
    for (size_t i = 0; i < part.size(); i++)
        if (part[i] != ONE && part[i] != text[i]) return false;
    return true;
}

size_t find_part(View value, View part, size_t from, size_t end, bool ones) {
    if (!ones) {
        const size_t place = find(value.substr(0, end), part, from);
        return place;
    }
    for (size_t i = from; i + part.size() <= end; i++)
        if (fits(value.data() + i, part)) return i;
    return View::npos;
}

Answer wild(View value, const Pattern& pattern) {
    const auto& parts = pattern.parts;
    bool ones = false;
    for (const View part : parts) ones |= part.find(ONE) != View::npos;
    if (ones) {
        if (value.size() > LONGEST_WILD) return Answer::ASK;
        for (const char c : value)
            if (static_cast<uint8_t>(c) >= 0x80) return Answer::ASK;
    }
    const auto fit = [&](size_t at, View part) { return ones ? fits(value.data() + at, part) : std::memcmp(value.data() + at, part.data(), part.size()) == 0; };
    const View head = parts.front(), tail = parts.back();
    if (parts.size() == 1) return value.size() == head.size() && fit(0, head) ? Answer::YES : Answer::NO;
    if (value.size() < head.size() + tail.size() || !fit(0, head) || !fit(value.size() - tail.size(), tail)) return Answer::NO;
    size_t at = head.size();
    const size_t end = value.size() - tail.size();
    for (size_t i = 1; i + 1 < parts.size(); i++) {
        at = find_part(value, parts[i], at, end, ones);
        if (at == View::npos) return Answer::NO;
        at += parts[i].size();
    }
    return at <= end ? Answer::YES : Answer::NO;
}

bool is_ascii(View text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

// The four bytes a text of a leaf is found by: no sample is at hand, so its last four, which differ most between paths.
void add_text(Grams& grams, std::vector<uint32_t>& shorts, View text, uint32_t i) {
    if (text.size() < 4) {
        shorts.push_back(i);
    } else {
        const auto offset = static_cast<uint32_t>(text.size() - 4);
        grams.add(text, i, offset);
    }
}

bool address_of(View text, uint32_t& address) {
    size_t at = 0;
    address = 0;
    for (int octet = 0; octet < 4; octet++) {
        if (octet && (at >= text.size() || text[at++] != '.')) return false;
        const size_t begin = at;
        uint32_t value = 0;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - begin < 3) value = value * 10 + static_cast<uint32_t>(text[at++] - '0');
        if (at == begin || value > 255 || (text[begin] == '0' && at - begin > 1)) return false;
        address = address << 8 | value;
    }
    return at == text.size();
}

}  // namespace

bool Automaton::possible(View low) const {
    return low.size() >= shortest && std::all_of(musts.begin(), musts.end(), [&](View must) { return find(low, must) != View::npos; });
}

Answer Automaton::of(View text) const {
    if (text.size() < shortest) return Answer::NO;
    uint32_t state = 0;
    const char *at = text.data(), *const end = at + text.size();
    while (at < end) {
        if (state == home) {
            while (at < end && stays[static_cast<uint8_t>(*at)]) at++;
            if (at == end) break;
        }
        const auto byte = static_cast<uint8_t>(*at++);
        if (byte >= 0x80) return Answer::ASK;
        state = steps[state << 7 | byte];
        if (state == 1) return Answer::YES;
    }
    return final[state] ? Answer::YES : Answer::NO;
}

void Grams::close() {
    if (texts_.empty()) return;
    entries_.clear();
    for (const Text& one : texts_) {
        const auto first = static_cast<uint32_t>(std::min<size_t>(one.offset, one.text.size() - 3 - step_));
        for (uint32_t offset = first; offset < first + step_; offset++)
            entries_.push_back({load32(one.text.data() + offset) | one.fold, one.number, offset});
    }
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.gram < b.gram; });
    int bits = 10;
    while ((1u << bits) < entries_.size() * 256 && bits < 18) bits++;
    shift_ = 32 - bits;
    bits_.assign((1u << bits) / 64, 0);
    int room = 4;
    while ((1u << room) < entries_.size() * 2) room++;
    table_shift_ = 32 - room;
    table_mask_ = (1u << room) - 1;
    table_.assign(1u << room, EMPTY);
    for (uint32_t e = 0; e < entries_.size(); e++) {
        const uint32_t gram = entries_[e].gram;
        if (e && entries_[e - 1].gram == gram) continue;
        const uint32_t h = (gram * 0x9E3779B1u) >> shift_;
        bits_[h >> 6] |= 1ull << (h & 63);
        uint32_t slot = (gram * 0x85EBCA6Bu) >> table_shift_;
        while (table_[slot] != EMPTY) slot = (slot + 1) & table_mask_;
        table_[slot] = e;
    }
}

Answer Leaf::of(View text, View low) const {
    const auto any = [&](auto&& fits) { return std::any_of(texts.begin(), texts.end(), fits) ? Answer::YES : Answer::NO; };
    switch (kind) {
        case Kind::EQUALS:
            if (by_hash.empty()) return any([&](View one) { return one.size() == text.size() && same(one.data(), text.data(), one.size()); });
            else {
                const auto near = by_hash.find(hash_of(text.data(), text.size()));
                return near != by_hash.end() && std::find(near->second.begin(), near->second.end(), text) != near->second.end() ? Answer::YES : Answer::NO;
            }
        case Kind::CONTAINS: {
            if (grams.empty()) return any([&](View one) { return find(text, one) != View::npos; });
            for (const uint32_t i : shorts)
                if (find(text, texts[i]) != View::npos) return Answer::YES;
            const bool found = grams.scan(text, [&](const Grams::Entry& entry, size_t place) {
                const View one = texts[entry.text];
                return place >= entry.offset && place - entry.offset + one.size() <= text.size() &&
                       std::memcmp(text.data() + place - entry.offset, one.data(), one.size()) == 0;
            });
            return found ? Answer::YES : Answer::NO;
        }
        case Kind::STARTS: return any([&](View one) { return starts(text, one); });
        case Kind::ENDS: return any([&](View one) { return ends(text, one); });
        case Kind::WILD: {
            Answer best = Answer::NO;
            for (const Pattern& pattern : patterns) {
                const Answer one = wild(text, pattern);
                if (one == Answer::YES) return one;
                if (one == Answer::ASK) best = one;
            }
            return best;
        }
        case Kind::ANY: return Answer::YES;
        case Kind::REGEX: {
            Answer best = Answer::NO;
            for (const Automaton& one : automata) {
                if (!one.possible(low)) continue;
                const Answer answer = one.of(text);
                if (answer == Answer::YES) return answer;
                if (answer == Answer::ASK) best = answer;
            }
            return best;
        }
        case Kind::CIDR: {
            uint32_t address;
            if (!address_of(text, address)) return text.find(':') != View::npos && networks.size() < texts.size() ? Answer::ASK : Answer::NO;
            return std::any_of(networks.begin(), networks.end(), [&](Network one) { return (address & one.mask) == one.address; }) ? Answer::YES : Answer::NO;
        }
        default: return Answer::ASK;
    }
}

Program::Program(const uint32_t* numbers, size_t count, const char* texts, size_t size) : texts_(texts, size) {
    texts_.append(PADDING, '\0');
    Reader read(numbers, count, View(texts_.data(), size));
    keywords_ = read.number() != 0;
    leaves_.resize(read.number());
    for (Leaf& leaf : leaves_) {
        leaf.kind = static_cast<Kind>(read.number());
        leaf.slot = read.number();
        leaf.texts.resize(read.number());
        for (View& text : leaf.texts) text = read.text();
        if (leaf.kind == Kind::WILD)
            for (const View text : leaf.texts) {
                Pattern pattern;
                size_t from = 0;
                for (size_t star; (star = text.find(STAR, from)) != View::npos; from = star + 1) pattern.parts.push_back(text.substr(from, star - from));
                pattern.parts.push_back(text.substr(from));
                leaf.patterns.push_back(std::move(pattern));
            }
        if (leaf.kind == Kind::FIELD) {
            leaf.other = read.number();
            if (leaf.texts.size() != 1 || leaf.texts[0].empty()) throw std::runtime_error("a comparison is damaged");
        }
        if (leaf.kind == Kind::REGEX)
            for (size_t i = 0; i + 4 < leaf.texts.size(); i += 5)
                leaf.automata.push_back(automaton_of(leaf.texts[i], leaf.texts[i + 1], leaf.texts[i + 2], leaf.texts[i + 3], leaf.texts[i + 4]));
        if (leaf.kind == Kind::CIDR)
            for (const View text : leaf.texts)
                if (text.size() == 8) leaf.networks.push_back({load32(text.data()), load32(text.data() + 4)});
        if (leaf.kind == Kind::EQUALS && leaf.texts.size() > FEW)
            for (const View text : leaf.texts) leaf.by_hash[hash_of(text.data(), text.size())].push_back(text);
        if (leaf.kind == Kind::CONTAINS && leaf.texts.size() > FEW) {
            for (uint32_t i = 0; i < leaf.texts.size(); i++) add_text(leaf.grams, leaf.shorts, leaf.texts[i], i);
            leaf.grams.close();
        }
    }
    code_.resize(read.number());
    for (uint32_t& one : code_) one = read.number();
    members_.resize(read.number());
    for (Member& member : members_) {
        member.rule = read.number();
        member.code = read.number();
        if (member.code >= code_.size()) throw std::runtime_error("a rule lies outside its program");
    }
    always_.resize(read.number());
    for (uint32_t& member : always_) member = read.number();
    std::vector<std::string> texts_of_keywords;
    for (uint32_t left = read.number(); left; left--) {
        auto index = std::make_unique<Index>();
        index->slot = read.number();
        index->probes.resize(read.number());
        for (uint32_t i = 0; i < index->probes.size(); i++) {
            Index::Probe& probe = index->probes[i];
            const bool whole = read.number() != 0;
            const uint32_t offset = read.number();
            probe.text = read.text();
            probe.members.resize(read.number());
            for (uint32_t& member : probe.members) member = read.number();
            if (whole) index->whole[hash_of(probe.text.data(), probe.text.size())].push_back(i);
            else {
                Index::Inside& inside = is_ascii(probe.text) ? index->ascii : index->other;
                if (probe.text.size() < 4) inside.shorts.push_back(i);
                else if (probe.text.size() == 4) inside.fours.push_back(i);
                else inside.grams.add(probe.text, i, offset);
            }
        }
        for (Index::Inside* inside : {&index->ascii, &index->other}) inside->settle(index->probes);
        index->ascii.grams.close();
        index->other.grams.close();
        if (index->slot == NO_SLOT)
            for (const auto& probe : index->probes) texts_of_keywords.emplace_back(probe.text);
        indexes_.push_back(std::move(index));
    }
    slots_.resize(read.number());
    for (uint32_t& slot : slots_) slot = read.number();
    words_ = Keywords(std::move(texts_of_keywords));
}

void Program::begin(Run& run) const {
    if (run.member_stamps.size() < members_.size()) run.member_stamps.resize(members_.size(), 0);
    if (run.leaf_stamps.size() < leaves_.size()) {
        run.leaf_stamps.resize(leaves_.size(), 0);
        run.answers.resize(leaves_.size());
    }
    run.epoch++;
    run.candidates.clear();
}

void Program::need_all(Event& event, const Run& run) {
    if (!run.all) throw NeedAll();
    for (const Value& value : event.values())
        if (value.is == Is::ODD) throw Odd();
}


// The rules worth asking: all that can match are among them.
void Program::collect(Event& event, Run& run, bool near) const {
    const auto note = [&](const Index::Probe& probe) {
        for (const uint32_t member : probe.members)
            if (run.member_stamps[member] != run.epoch) {
                run.member_stamps[member] = run.epoch;
                run.candidates.push_back(member);
            }
    };
    run.candidates.insert(run.candidates.end(), always_.begin(), always_.end());
    for (const uint32_t member : always_) run.member_stamps[member] = run.epoch;
    View text;
    for (const auto& index : indexes_) {
        if (index->slot == NO_SLOT) {
            if (!near) continue;
            need_all(event, run);
            for (Value& value : event.values())
                if (!value.metadata && (value.is == Is::TEXT || value.is == Is::PLAIN)) {
                    if (!event.text(value, text)) throw Odd();
                    index->scan(text, value.ascii, note);
                }
            continue;
        }
        Value* value = event.value(index->slot);
        if (!value || value->is == Is::NUL || value->is == Is::OBJECT) continue;
        if (!event.text(*value, text)) throw Odd();
        index->scan(text, value->ascii, note);
    }
}

// Whether a text equals, starts with, ends with or contains that of another field.
Answer Program::compared(Event& event, const Leaf& leaf, View text) const {
    Value* value = event.value(leaf.other);
    View other;
    if (!value || value->is == Is::NUL || value->is == Is::OBJECT) return Answer::NO;
    if (!event.text(*value, other)) throw Odd();
    switch (leaf.texts[0].front()) {
        case 'e': return text == other ? Answer::YES : Answer::NO;
        case 's': return starts(text, other) ? Answer::YES : Answer::NO;
        case 't': return ends(text, other) ? Answer::YES : Answer::NO;
        default: return find(text, other) != View::npos ? Answer::YES : Answer::NO;
    }
}

Answer Program::asked(Event& event, const Run& run, const Leaf& leaf) const {
    View text, low;
    if (leaf.slot == NO_SLOT) {
        need_all(event, run);
        if (leaf.kind >= Kind::NUL && leaf.kind <= Kind::ASK) return Answer::ASK;
        Answer best = Answer::NO;
        for (Value& value : event.values()) {
            if (value.metadata || (value.is != Is::TEXT && value.is != Is::PLAIN)) continue;
            if (!event.text(value, low)) throw Odd();
            if (leaf.kind == Kind::REGEX && !leaf.possible(low)) continue;
            text = low;
            if (leaf.as_written() && !event.plain(value, text)) throw Odd();
            const Answer one = leaf.of(text, low);
            if (one == Answer::YES) return one;
            if (one == Answer::ASK) best = one;
        }
        return best;
    }
    Value* value = event.value(leaf.slot);
    const bool there = value != nullptr;
    switch (leaf.kind) {
        case Kind::NUL: return !there || value->is == Is::NUL ? Answer::YES : value->is == Is::ODD ? throw Odd() : Answer::NO;
        case Kind::THERE: return there ? Answer::YES : Answer::NO;
        case Kind::MISSING: return there ? Answer::NO : Answer::YES;
        default: break;
    }
    if (!there || value->is == Is::NUL || value->is == Is::OBJECT) return leaf.kind == Kind::ASK && there ? Answer::ASK : Answer::NO;
    if (leaf.kind == Kind::ASK) return Answer::ASK;
    if (!event.text(*value, low)) throw Odd();
    if (leaf.kind == Kind::REGEX && !leaf.possible(low)) return Answer::NO;
    text = low;
    if (leaf.as_written() && !event.plain(*value, text)) throw Odd();
    if (leaf.kind == Kind::FIELD) return compared(event, leaf, text);
    return leaf.of(text, low);
}

Answer Program::ask_leaf(Event& event, Run& run, uint32_t i) const {
    if (run.leaf_stamps[i] == run.epoch) return run.answers[i];
    const Answer answer = asked(event, run, leaves_[i]);
    run.leaf_stamps[i] = run.epoch;
    run.answers[i] = answer;
    return answer;
}

// Code: LEAF leaf | NOT child | AND end children | OR end children; `end` is where the children stop.
Answer Program::eval(Event& event, Run& run, uint32_t at) const {
    switch (code_[at] & 3) {
        case LEAF: return ask_leaf(event, run, code_[at] >> 2);
        case NOT: {
            const Answer child = eval(event, run, at + 1);
            return child == Answer::ASK ? child : child == Answer::YES ? Answer::NO : Answer::YES;
        }
        default: break;
    }
    const Answer decides = (code_[at] & 3) == AND ? Answer::NO : Answer::YES;
    Answer result = decides == Answer::NO ? Answer::YES : Answer::NO;
    uint32_t child = at + 1;
    for (uint32_t left = code_[at] >> 2; left; left--) {
        const Answer answer = eval(event, run, child + 1);
        if (answer == decides) return answer;
        if (answer == Answer::ASK) result = answer;
        child = code_[child];
    }
    return result;
}

}  // namespace bastide
