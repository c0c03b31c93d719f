// What is asked of the events of one route: leaves, trees of them, and the indexes that say which trees to ask at all.
#pragma once

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "event.hpp"
#include "keywords.hpp"

namespace bastide {

enum class Answer : uint8_t { NO, YES, ASK };

// Kinds of leaves as `program.py` writes them. ASK: only Python can tell.
enum class Kind : uint32_t { EQUALS, CONTAINS, STARTS, ENDS, WILD, ANY, NUL, THERE, MISSING, ASK, REGEX, CIDR, FIELD };

struct Pattern { std::vector<View> parts; };

// A table that is walked one byte at a time: state 0 is the first, 1 means found.
struct Automaton {
    std::vector<uint16_t> steps;  // of state * 128 + byte
    std::vector<bool> final;      // whether a text that ends in this state is found
    uint32_t shortest = 0;        // shorter texts are never found
    uint32_t home = 0;            // the state most bytes lead back to
    bool stays[256] = {};         // which bytes do
    std::vector<View> musts;      // lower-case texts without which none is found

    bool possible(View low) const;
    Answer of(View text) const;
};

struct Network { uint32_t address, mask; };

struct Leaf {
    Kind kind;
    uint32_t slot;
    std::vector<View> texts;
    std::vector<Pattern> patterns;
    std::unordered_map<uint64_t, std::vector<View>> by_hash;
    Grams grams;
    std::vector<uint32_t> shorts;
    std::vector<Automaton> automata;
    std::vector<Network> networks;
    uint32_t other = NO_SLOT;  // the field a FIELD leaf compares with

    bool as_written() const { return kind == Kind::REGEX || kind == Kind::CIDR; }
    // Whether one of the expressions may be found in a text whose lower-case form this is.
    bool possible(View low) const {
        return std::any_of(automata.begin(), automata.end(), [&](const Automaton& one) { return one.possible(low); });
    }

    // The answer for a text, lower-case or as written, and its lower-case form.
    Answer of(View text, View low) const;
};

// Says which rules are worth asking about a value: texts of which one must equal it (whole) or be in it.
struct Index {
    struct Probe { View text; std::vector<uint32_t> members; };

    // Texts inside a value. Those that are not ASCII are apart: most values are.
    struct Inside {
        std::vector<uint32_t> shorts, fours;
        Grams grams;

        // A few texts of four bytes are looked for one by one, so that the others need every second place only.
        void settle(const std::vector<Probe>& probes) {
            const bool few = fours.size() <= FEW_FOURS;
            for (const uint32_t i : fours)
                if (few) shorts.push_back(i);
                else grams.add(probes[i].text, i, 0);
        }
        static constexpr size_t FEW_FOURS = 4;
    };

    uint32_t slot;
    std::vector<Probe> probes;
    std::unordered_map<uint64_t, std::vector<uint32_t>> whole;
    Inside ascii, other;

    template <typename Found>
    void scan(View value, bool is_ascii, Found&& found) const {
        if (!whole.empty()) {
            const auto near = whole.find(hash_of(value.data(), value.size()));
            if (near != whole.end())
                for (const uint32_t i : near->second)
                    if (probes[i].text == value) found(probes[i]);
        }
        inside(ascii, value, found);
        if (!is_ascii) inside(other, value, found);
    }

    template <typename Found>
    void inside(const Inside& texts, View value, Found&& found) const {
        for (const uint32_t i : texts.shorts)
            if (find(value, probes[i].text) != View::npos) found(probes[i]);
        if (!texts.grams.empty())
            texts.grams.scan(value, [&](const Grams::Entry& entry, size_t place) {
                const View text = probes[entry.text].text;
                if (place >= entry.offset && place - entry.offset + text.size() <= value.size() &&
                    std::memcmp(value.data() + place - entry.offset, text.data(), text.size()) == 0)
                    found(probes[entry.text]);
                return false;
            });
    }
};

// Where an event left the fast way.
struct Odd {};

// Where all values of an event are asked for, and not all were set.
struct NeedAll {};

class Program {
  public:
    // Reads what `program.py` wrote: numbers, and the texts they point into. Throws std::runtime_error where it is damaged.
    Program(const uint32_t* numbers, size_t count, const char* texts, size_t size);

    // What one thread needs to run it.
    struct Run {
        std::vector<uint64_t> member_stamps, leaf_stamps;
        std::vector<Answer> answers;
        std::vector<uint32_t> candidates;
        uint64_t epoch = 0;
        bool all = true;
    };

    // Calls match(rule) or ask(rule) for each rule that matches or that Python has to be asked about. Throws Odd.
    // `near`: the event may hold keywords; `all`: all its values are set, else NeedAll is thrown where they are needed.
    template <typename Match, typename Ask>
    void run(Event& event, Run& run, bool near, bool all, Match&& match, Ask&& ask) const {
        begin(run);
        run.all = all;
        collect(event, run, near);
        for (const uint32_t member : run.candidates) {
            const Member& one = members_[member];
            const Answer answer = eval(event, run, one.code);
            if (answer == Answer::YES) match(one.rule);
            else if (answer == Answer::ASK) ask(one.rule);
        }
    }

    bool keywords() const { return keywords_; }
    const std::vector<uint32_t>& slots() const { return slots_; }

    // The texts of which one must be in some value wherever a keyword rule matches.
    const Keywords& words() const { return words_; }

  private:
    struct Member { uint32_t rule, code; };

    void begin(Run& run) const;
    void collect(Event& event, Run& run, bool near) const;
    static void need_all(Event& event, const Run& run);
    Answer eval(Event& event, Run& run, uint32_t at) const;
    Answer ask_leaf(Event& event, Run& run, uint32_t leaf) const;
    Answer asked(Event& event, const Run& run, const Leaf& leaf) const;
    Answer compared(Event& event, const Leaf& leaf, View text) const;

    std::string texts_;
    std::vector<Leaf> leaves_;
    std::vector<uint32_t> code_;
    std::vector<Member> members_;
    std::vector<uint32_t> always_;
    std::vector<std::unique_ptr<Index>> indexes_;
    std::vector<uint32_t> slots_;
    bool keywords_ = false;
    Keywords words_;
};

}  // namespace bastide
