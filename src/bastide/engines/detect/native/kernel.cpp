// The interface `kernel.py` calls through ctypes. Plain C types only; no exception crosses it.
#include <algorithm>
#include <stdexcept>

#include <charconv>
#include <list>

#include "keywords.hpp"
#include "program.hpp"

using namespace bastide;

namespace {

struct KeyHash {
    // Keys are kept with PADDING bytes of room behind them.
    size_t operator()(const std::string& key) const {
        uint64_t h = 1469598103934665603ull;
        size_t i = 0;
        for (; i + 8 <= key.size(); i += 8) h = mixed(h ^ load64(key.data() + i), 0xD6E8FEB86659FD93ull);
        for (; i < key.size(); i++) h = (h ^ static_cast<uint8_t>(key[i])) * 1099511628211ull;
        return h;
    }
};

constexpr size_t MOST_KEYS = 65'536;
constexpr int ROUTING = 5;  // channel, event id, declared product, category, service

struct Plan {
    Names names;
    Lowering lowering;
    uint32_t routing[ROUTING];
    std::vector<std::unique_ptr<Program>> programs;
    std::unordered_map<std::string, int32_t, KeyHash> keys;  // -1: no rule meets such events
};

struct Worker {
    explicit Worker(const Plan& plan) : plan(plan), event(plan.names, plan.lowering) {}
    const Plan& plan;
    Event event;
    std::vector<std::unique_ptr<Program::Run>> runs;
    std::vector<uint64_t> met;                            // events each program has met
    std::vector<uint32_t> matches, asks, odd, pending;    // pairs; pairs; events; pairs (event, number of its key)
    std::unordered_map<std::string, uint32_t, KeyHash> unknown;
    std::vector<const std::string*> unknown_keys;
    std::string key, padded;

    void reset() {
        matches.clear();
        asks.clear();
        odd.clear();
        pending.clear();
        unknown.clear();
        unknown_keys.clear();
    }

    // What decides which rules an event can meet, as it is written there.
    void key_of(uint32_t declared) {
        key.assign(reinterpret_cast<const char*>(&declared), sizeof declared);
        for (const uint32_t slot : plan.routing) {
            const Value* value = event.value(slot);
            key += '\x1F';
            if (!value || value->is == Is::NUL) continue;
            if (value->is == Is::ODD || value->is == Is::OBJECT) throw Odd();
            key += value->is == Is::TEXT ? 't' : 'p';
            key.append(value->at, value->size);
        }
    }

    const Program* program(uint32_t number, int32_t& at) {
        const auto found = plan.keys.find(key);
        if (found == plan.keys.end()) {
            auto [place, fresh] = unknown.try_emplace(key, static_cast<uint32_t>(unknown_keys.size()));
            if (fresh) unknown_keys.push_back(&place->first);
            pending.push_back(number);
            pending.push_back(place->second);
            return nullptr;
        }
        at = found->second;
        return at < 0 ? nullptr : plan.programs[static_cast<size_t>(at)].get();
    }

    void run(uint32_t number, const Program& program, int32_t at, bool near, bool all = true) {
        if (runs.size() <= static_cast<size_t>(at)) {
            runs.resize(plan.programs.size());
            met.resize(plan.programs.size(), 0);
        }
        auto& mine = runs[static_cast<size_t>(at)];
        if (!mine) mine = std::make_unique<Program::Run>();
        const size_t had = matches.size(), had_asks = asks.size();
        try {
            program.run(
                event, *mine, near, all,
                [&](uint32_t rule) { matches.push_back(number); matches.push_back(rule); },
                [&](uint32_t rule) { asks.push_back(number); asks.push_back(rule); });
        } catch (...) {
            matches.resize(had);
            asks.resize(had_asks);
            throw;
        }
        met[static_cast<size_t>(at)]++;
    }
};

// How a column is laid out, as `columns.py` names it: texts with offsets of 32 or 64 bits, bits, whole numbers.
enum class Layout : uint32_t { TEXT32, TEXT64, BITS, I8, I16, I32, I64, U8, U16, U32, U64 };

struct Column {
    uint32_t slot;
    Layout layout;
    uint32_t plain;             // texts that stand for numbers
    uint32_t unused;
    const uint8_t* valid;       // bits, or null
    const void* data;           // offsets of texts, or the numbers
    const char* texts;
    uint64_t size;              // bytes that may be read behind `texts`
    uint64_t first;             // row at which the column's slice begins

    bool there(uint64_t row) const { return !valid || (valid[(row + first) >> 3] >> ((row + first) & 7) & 1); }
    bool is_text() const { return layout <= Layout::TEXT64; }
    uint64_t offset(uint64_t row) const {
        return layout == Layout::TEXT64 ? static_cast<uint64_t>(static_cast<const int64_t*>(data)[row + first])
                                        : static_cast<uint64_t>(static_cast<const int32_t*>(data)[row + first]);
    }
    template <typename T> T number(uint64_t row) const { return static_cast<const T*>(data)[row + first]; }
};

// Rows of columns made into events, only as far as the rules of their route look.
class Rows {
  public:
    Rows(Worker& worker, const Column* columns, size_t count) : worker_(worker), columns_(columns), count_(count), of_slot_(worker.plan.names.size(), NONE) {
        for (uint32_t c = 0; c < count; c++)
            if (columns[c].slot != NO_SLOT) of_slot_[columns[c].slot] = c;
        for (const uint32_t slot : worker.plan.routing)
            if (of_slot_[slot] != NONE) routing_.push_back(of_slot_[slot]);
        numbers_.resize(NUMBER * (count + ROUTING));
        wanted_.resize(worker.plan.programs.size());
        near_of_.resize(worker.plan.programs.size(), nullptr);
    }

    // The rows that are going to be run lie between these.
    void between(uint64_t from, uint64_t to) {
        from_ = from;
        to_ = to;
    }

    void begin(uint64_t row) {
        row_ = row;
        all_ = false;
        used_ = 0;
        tails_.clear();
        tails_.reserve(count_ + ROUTING);
        worker_.event.clear(0);
        for (const uint32_t c : routing_) take(c);
    }

    void run(uint32_t number, const Program& program, int32_t at) {
        auto& mine = wanted_[static_cast<size_t>(at)];
        if (!mine) mine = std::make_unique<std::vector<uint32_t>>(wanted_by(program));
        for (const uint32_t c : *mine) take(c);
        const bool near = program.keywords() && (!program.words().told() || rows_near(program.words(), static_cast<size_t>(at))[row_ - from_]);
        try {
            if (near) take_all(program);
            worker_.event.make_room();
            worker_.run(number, program, at, near, all_);
        } catch (const NeedAll&) {
            take_all(program);
            worker_.event.make_room();
            worker_.run(number, program, at, near, true);
        }
    }

  private:
    static constexpr uint32_t NONE = ~0u;
    static constexpr size_t NUMBER = 24;
    static constexpr uint64_t OVERLAP = 4'096;  // longer than a keyword

    // Which rows may hold one of these keywords, told from whole columns at once. Most routes share one set of them.
    const std::vector<bool>& rows_near(const Keywords& words, size_t program) {
        const auto*& mine = near_of_[program];
        if (mine) return *mine;
        for (const auto& [known, rows] : near_)
            if (known->texts() == words.texts()) return *(mine = &rows);
        near_.emplace_back(&words, std::vector<bool>(to_ - from_, false));
        look_for(words, near_.back().second);
        return *(mine = &near_.back().second);
    }

    void look_for(const Keywords& words, std::vector<bool>& rows) const {
        const uint64_t from = from_, to = to_;
        if (words.empty()) return;
        for (const Column* column = columns_; column != columns_ + count_; column++) {
            if (!column->is_text() || from == to) continue;
            const uint64_t begin = column->offset(from), end = column->offset(to);
            // The last bytes are looked at in a copy: nothing may be read behind the column.
            const uint64_t safe = end + PADDING <= column->size ? end : (column->size > PADDING + begin ? column->size - PADDING : begin);
            note(words, rows, *column, View(column->texts + begin, safe - begin), begin);
            if (safe < end) {
                const uint64_t tail = safe - begin > OVERLAP ? safe - OVERLAP : begin;
                std::string copy(column->texts + tail, end - tail);
                copy.append(PADDING, '\0');
                note(words, rows, *column, View(copy.data(), end - tail), tail);
            }
        }
    }

    void note(const Keywords& words, std::vector<bool>& rows, const Column& column, View text, uint64_t begin) const {
        words.each(text, [&](size_t place) {
            // The row whose text lies at this place.
            uint64_t low = from_, high = to_;
            while (high - low > 1) {
                const uint64_t middle = (low + high) / 2;
                (column.offset(middle) <= begin + place ? low : high) = middle;
            }
            rows[low - from_] = true;
        });
    }

    std::vector<uint32_t> wanted_by(const Program& program) const {
        std::vector<uint32_t> found;
        for (const uint32_t slot : program.slots())
            if (of_slot_[slot] != NONE && std::find(routing_.begin(), routing_.end(), of_slot_[slot]) == routing_.end()) found.push_back(of_slot_[slot]);
        return found;
    }

    void take_all(const Program& program) {
        all_ = true;
        const auto& mine = *wanted_[program_at(program)];
        for (uint32_t c = 0; c < count_; c++)
            if (std::find(mine.begin(), mine.end(), c) == mine.end() && std::find(routing_.begin(), routing_.end(), c) == routing_.end()) take(c);
    }

    size_t program_at(const Program& program) const {
        const auto& programs = worker_.plan.programs;
        return static_cast<size_t>(std::find_if(programs.begin(), programs.end(), [&](const auto& one) { return one.get() == &program; }) - programs.begin());
    }

    void take(uint32_t c) {
        const Column& column = columns_[c];
        if (!column.there(row_)) return;
        if (!column.is_text()) {
            char* const at = numbers_.data() + NUMBER * used_++;
            set(column.slot, at, written(column, at), Is::PLAIN);
            return;
        }
        const uint64_t from = column.offset(row_), to = column.offset(row_ + 1);
        const char* at = column.texts + from;
        if (to + PADDING > column.size) {
            tails_.emplace_back(at ? std::string(at, to - from) : std::string());
            tails_.back().append(PADDING, '\0');
            at = tails_.back().data();
        }
        set(column.slot, at, static_cast<uint32_t>(to - from), column.plain ? Is::PLAIN : Is::TEXT);
    }

    void set(uint32_t slot, const char* at, uint32_t size, Is is) {
        if (slot == NO_SLOT) worker_.event.add(at, size, is);
        else worker_.event.set(slot, at, size, is);
    }

    uint32_t written(const Column& column, char* at) const {
        const auto digits = [at](auto value) { return static_cast<uint32_t>(std::to_chars(at, at + NUMBER, value).ptr - at); };
        switch (column.layout) {
            case Layout::BITS: {
                const uint64_t bit = row_ + column.first;
                const bool yes = static_cast<const uint8_t*>(column.data)[bit >> 3] >> (bit & 7) & 1;
                std::memcpy(at, yes ? "true " : "false", 5);
                return yes ? 4 : 5;
            }
            case Layout::I8: return digits(column.number<int8_t>(row_));
            case Layout::I16: return digits(column.number<int16_t>(row_));
            case Layout::I32: return digits(column.number<int32_t>(row_));
            case Layout::I64: return digits(column.number<int64_t>(row_));
            case Layout::U8: return digits(column.number<uint8_t>(row_));
            case Layout::U16: return digits(column.number<uint16_t>(row_));
            case Layout::U32: return digits(column.number<uint32_t>(row_));
            default: return digits(column.number<uint64_t>(row_));
        }
    }

    Worker& worker_;
    const Column* columns_;
    size_t count_;
    std::vector<uint32_t> of_slot_, routing_;
    std::vector<std::unique_ptr<std::vector<uint32_t>>> wanted_;
    std::list<std::pair<const Keywords*, std::vector<bool>>> near_;
    std::vector<const std::vector<bool>*> near_of_;  // of each program
    std::vector<char> numbers_;
    std::vector<std::string> tails_;
    uint64_t row_ = 0, from_ = 0, to_ = 0;
    size_t used_ = 0;
    bool all_ = false;
};

}  // namespace

extern "C" {

struct Outcome {
    const uint32_t *matches, *asks, *odd, *pending;
    uint64_t n_matches, n_asks, n_odd, n_pending, n_unknown;
};

void* bastide_plan(const char* names, const uint32_t* ends, const uint8_t* metadata, uint32_t count, const uint32_t* routing, const uint32_t* lower) {
    auto* plan = new Plan;
    uint32_t from = 0;
    for (uint32_t i = 0; i < count; i++) {
        plan->names.add(View(names + from, ends[i] - from), metadata[i] != 0);
        from = ends[i];
    }
    plan->names.close();
    std::memcpy(plan->routing, routing, sizeof plan->routing);
    plan->lowering.to.assign(lower, lower + Lowering::TABLE);
    return plan;
}

void bastide_plan_free(void* plan) { delete static_cast<Plan*>(plan); }

// The program's number, or -1 where it is damaged.
int32_t bastide_program(void* plan_, const uint32_t* numbers, uint64_t count, const char* texts, uint64_t size) {
    auto* plan = static_cast<Plan*>(plan_);
    try {
        plan->programs.push_back(std::make_unique<Program>(numbers, count, texts, size));
    } catch (const std::exception&) {
        return -1;
    }
    return static_cast<int32_t>(plan->programs.size()) - 1;
}

void* bastide_worker(const void* plan) { return new Worker(*static_cast<const Plan*>(plan)); }
void bastide_worker_free(void* worker) { delete static_cast<Worker*>(worker); }

// Says which program answers the key that a worker has found unknown.
void bastide_key(void* plan_, const void* worker_, uint32_t unknown, int32_t program) {
    auto* plan = static_cast<Plan*>(plan_);
    if (plan->keys.size() >= MOST_KEYS) plan->keys.clear();
    plan->keys[*static_cast<const Worker*>(worker_)->unknown_keys[unknown]] = program;
}

// Forgets the keys that lead to a program and what it holds: it is going to be made anew.
void bastide_program_drop(void* plan_, int32_t program) {
    auto* plan = static_cast<Plan*>(plan_);
    for (auto at = plan->keys.begin(); at != plan->keys.end();)
        at = at->second == program ? plan->keys.erase(at) : std::next(at);
    plan->programs[static_cast<size_t>(program)].reset();
}

uint64_t bastide_met(const void* worker_, int32_t program) {
    const auto* worker = static_cast<const Worker*>(worker_);
    return static_cast<size_t>(program) < worker->met.size() ? worker->met[static_cast<size_t>(program)] : 0;
}

// Where the lines of a text end; returns how many there are. `ends` has room for `most`.
uint64_t bastide_lines(const char* data, uint64_t size, int64_t* ends, uint64_t most) {
    uint64_t count = 0, at = 0;
    while (at < size && count < most) {
        const void* found = std::memchr(data + at, '\n', size - at);
        at = found ? static_cast<uint64_t>(static_cast<const char*>(found) - data) + 1 : size;
        ends[count++] = static_cast<int64_t>(at);
    }
    return count;
}

// Evaluates lines of JSON: those numbered in `chosen`, or the first `count`. Line i lies between offsets i and i + 1.
void bastide_run_lines(void* worker_, const char* data, const int64_t* offsets, const uint32_t* chosen, uint64_t count, uint64_t size, uint32_t declared, Outcome* outcome) {
    auto& worker = *static_cast<Worker*>(worker_);
    worker.reset();
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t number = chosen ? chosen[i] : static_cast<uint32_t>(i);
        const auto from = static_cast<uint64_t>(offsets[number]), to = static_cast<uint64_t>(offsets[number + 1]);
        const char* line = data + from;
        const size_t length = to - from;
        if (to + PADDING > size) {
            worker.padded.assign(line, length);
            worker.padded.append(PADDING, '\0');
            line = worker.padded.data();
        }
        try {
            if (length == 0 || !worker.event.parse(line, length)) throw Odd();
            worker.key_of(declared);
            int32_t at = -1;
            if (const Program* program = worker.program(number, at)) {
                const Keywords& words = program->words();
                const bool near = program->keywords() && (!words.told() || worker.event.coded() || words.near(View(line, length)));
                worker.run(number, *program, at, near);
            }
        } catch (const Odd&) {
            worker.odd.push_back(number);
        }
    }
    *outcome = {worker.matches.data(), worker.asks.data(), worker.odd.data(), worker.pending.data(),
                worker.matches.size() / 2, worker.asks.size() / 2, worker.odd.size(), worker.pending.size() / 2, worker.unknown_keys.size()};
}

// Evaluates rows of columns: those numbered in `chosen` (in order), or the first `count`.
void bastide_run_rows(void* worker_, const Column* columns, uint64_t n_columns, const uint32_t* chosen, uint64_t count, uint32_t declared, Outcome* outcome) {
    auto& worker = *static_cast<Worker*>(worker_);
    worker.reset();
    Rows rows(worker, columns, n_columns);
    if (count) rows.between(chosen ? chosen[0] : 0, chosen ? chosen[count - 1] + 1u : count);
    for (uint64_t i = 0; i < count; i++) {
        const uint32_t number = chosen ? chosen[i] : static_cast<uint32_t>(i);
        try {
            rows.begin(number);
            worker.key_of(declared);
            int32_t at = -1;
            if (const Program* program = worker.program(number, at)) rows.run(number, *program, at);
        } catch (const Odd&) {
            worker.odd.push_back(number);
        }
    }
    *outcome = {worker.matches.data(), worker.asks.data(), worker.odd.data(), worker.pending.data(),
                worker.matches.size() / 2, worker.asks.size() / 2, worker.odd.size(), worker.pending.size() / 2, worker.unknown_keys.size()};
}

}  // extern "C"
