#include "keywords.hpp"

#include <algorithm>
#include <cctype>

namespace bastide {

namespace {

constexpr size_t LEAST_STEP = 3, MOST_STEP = 6;

// Characters that are written one way only, in JSON (where the line is not `coded`) as in a column.
bool plain(char c) { return static_cast<uint8_t>(c) < 0x7F && static_cast<uint8_t>(c) >= 0x20 && c != '"' && c != '\\'; }

// Texts that a number or a boolean could hold: those are not looked at byte by byte.
bool numeric(View text) {
    return text.find_first_not_of("0123456789-") == View::npos || View("true").find(text) != View::npos || View("false").find(text) != View::npos;
}

size_t longest_run(View text) {
    size_t best = 0, run = 0;
    for (const char c : text) best = std::max(best, run = plain(c) ? run + 1 : 0);
    return best;
}

// Where to look for a text: `wide` plain bytes, those with the most signs in them, which are rarest.
size_t window(View text, size_t wide) {
    size_t at = 0;
    long best = -1;
    for (size_t from = 0; from + wide <= text.size(); from++) {
        const View part = text.substr(from, wide);
        if (!std::all_of(part.begin(), part.end(), plain)) continue;
        const long signs = std::count_if(part.begin(), part.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
        if (signs > best) {
            best = signs;
            at = from;
        }
    }
    return at;
}

}  // namespace

Keywords::Keywords(std::vector<std::string> texts) : texts_(std::move(texts)) {
    size_t shortest = MOST_STEP + 3;
    for (const View text : texts_) {
        shortest = std::min(shortest, longest_run(text));
        told_ &= !numeric(text);
    }
    told_ &= shortest >= LEAST_STEP + 3;
    if (!told_) return;
    grams_ = Grams(shortest - 3);
    for (uint32_t i = 0; i < texts_.size(); i++) {
        const View text = texts_[i];
        whole_.push_back(std::all_of(text.begin(), text.end(), plain));
        // What is added is cut so that every four of the window lies in plain bytes.
        const size_t at = window(text, shortest);
        offsets_.push_back(static_cast<uint32_t>(at));
        grams_.add(text.substr(at, shortest), i, 0, FOLD);
    }
    grams_.close();
}

bool Keywords::fits(const Grams::Entry& entry, View text, size_t place) const {
    if (!whole_[entry.text]) return true;
    const View wanted = texts_[entry.text];
    const size_t before = offsets_[entry.text] + entry.offset;
    if (place < before || place - before + wanted.size() > text.size()) return false;
    const char* at = text.data() + place - before;
    for (size_t i = 0; i < wanted.size(); i++)
        if ((at[i] | 0x20) != (wanted[i] | 0x20)) return false;
    return true;
}

bool Keywords::near(View text) const {
    if (grams_.scan<FOLD>(text, [&](const Grams::Entry& entry, size_t place) { return fits(entry, text, place); })) return true;
    return std::any_of(std::begin(SPECIAL), std::end(SPECIAL), [&](View special) { return find(text, special) != View::npos; });
}

}  // namespace bastide
