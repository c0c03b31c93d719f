// Which events can hold a keyword at all, told from the bytes they are written in, before any value is taken apart.
#pragma once

#include "text.hpp"

namespace bastide {

class Keywords {
  public:
    Keywords() = default;

    // Takes the lower-case texts of which one must be in a value wherever a keyword rule matches.
    explicit Keywords(std::vector<std::string> texts);

    // Whether a line of JSON without other escapes than of quotes, backslashes and the like may hold one.
    bool near(View text) const;

    // Calls hit(place) for each place of a text of many values at which one of them may hold a keyword.
    template <typename Hit>
    void each(View text, Hit&& hit) const {
        grams_.scan<FOLD>(text, [&](const Grams::Entry& entry, size_t place) {
            if (fits(entry, text, place)) hit(place);
            return false;
        });
        for (const View special : SPECIAL)
            for (size_t place = find(text, special); place != View::npos; place = find(text, special, place + 1)) hit(place);
    }

    // False where looking at the bytes does not tell, or hardly faster than taking all values apart: every event may
    // hold a keyword then.
    bool told() const { return told_; }
    bool empty() const { return texts_.empty(); }
    const std::vector<std::string>& texts() const { return texts_; }

  private:
    static constexpr uint32_t FOLD = 0x20202020u;
    // Letters beyond ASCII whose lower-case forms are, or begin with, letters of ASCII: the Kelvin sign, I with a dot.
    static constexpr View SPECIAL[] = {"\xE2\x84\xAA", "\xC4\xB0"};

    bool fits(const Grams::Entry& entry, View text, size_t place) const;

    std::vector<std::string> texts_;
    std::vector<uint32_t> offsets_;  // where the part of each text that is looked for begins
    std::vector<bool> whole_;  // whether a text can be compared as it is written
    Grams grams_;
    bool told_ = true;
};

}  // namespace bastide
