// Two steps, after simdjson (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019):
// the first finds the tokens of a line, 64 bytes at a time, as bits; the second walks them.
#include "CScan.h"

#include <stdbool.h>
#include <string.h>

enum { BLOCK = 64, TOKENS = 4096, DEPTH = 64 };

/// What matters everywhere in a block, a bit for each byte.
struct marks {
    uint64_t backslash, quote;
    uint64_t control;  ///< Below 0x20.
};

/// What matters outside of strings.
struct structure {
    uint64_t operators;  ///< {}[]:,
    uint64_t space;      ///< Space, tab, carriage return.
};

/// What may stand behind a backslash.
struct escapees {
    uint64_t all;
    uint64_t unicode;  ///< u
};

/// The ways of one kind of processor.
struct ways {
    struct marks (*marks)(const uint8_t *bytes);
    struct structure (*structure)(const uint8_t *bytes);
    struct escapees (*escapees)(const uint8_t *bytes);
    /// Each bit: the parity of the bits up to it.
    uint64_t (*prefix_xor)(uint64_t bits);
};

/// The tokens of a line: operators, both quotes of each string, the first bytes of the rest.
struct tokens {
    const uint8_t *line;
    size_t length;
    size_t count;
    uint32_t places[TOKENS + BLOCK];
};

// MARK: - One byte at a time

static bool is_escapee(uint8_t byte)
{
    switch (byte) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': case 'u':
        return true;
    default:
        return false;
    }
}

static struct marks marks_portable(const uint8_t *bytes)
{
    struct marks marks = {0};
    for (int place = 0; place < BLOCK; place++) {
        marks.backslash |= (uint64_t)(bytes[place] == '\\') << place;
        marks.quote |= (uint64_t)(bytes[place] == '"') << place;
        marks.control |= (uint64_t)(bytes[place] < 0x20) << place;
    }
    return marks;
}

static struct structure structure_portable(const uint8_t *bytes)
{
    struct structure structure = {0};
    for (int place = 0; place < BLOCK; place++) {
        uint8_t byte = bytes[place];
        bool is_bracket = (byte | 0x20) == '{' || (byte | 0x20) == '}';
        bool is_space = byte == ' ' || byte == '\t' || byte == '\r';
        structure.operators |= (uint64_t)(is_bracket || byte == ':' || byte == ',') << place;
        structure.space |= (uint64_t)is_space << place;
    }
    return structure;
}

static struct escapees escapees_portable(const uint8_t *bytes)
{
    struct escapees escapees = {0};
    for (int place = 0; place < BLOCK; place++) {
        escapees.all |= (uint64_t)is_escapee(bytes[place]) << place;
        escapees.unicode |= (uint64_t)(bytes[place] == 'u') << place;
    }
    return escapees;
}

static uint64_t prefix_xor_portable(uint64_t bits)
{
    for (int shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

static const struct ways portable = {
    marks_portable, structure_portable, escapees_portable, prefix_xor_portable,
};

// MARK: - 32 bytes at a time

#if defined(__x86_64__)
#include <immintrin.h>

#define FAST __attribute__((target("avx2,pclmul,bmi,popcnt")))

FAST static inline uint64_t bits(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)_mm256_movemask_epi8(high) << 32;
}

FAST static inline uint64_t equal(__m256i low, __m256i high, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);
    return bits(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

FAST static inline __m256i operators(__m256i bytes)
{
    // Brackets and braces differ in one bit.
    __m256i folded = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
    __m256i braces = _mm256_or_si256(
        _mm256_cmpeq_epi8(folded, _mm256_set1_epi8('{')),
        _mm256_cmpeq_epi8(folded, _mm256_set1_epi8('}')));
    __m256i others = _mm256_or_si256(
        _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(':')),
        _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(',')));
    return _mm256_or_si256(braces, others);
}

FAST static inline __m256i spaces(__m256i bytes)
{
    return _mm256_or_si256(
        _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(' ')),
        _mm256_or_si256(
            _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\t')),
            _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\r'))));
}

FAST static inline __m256i controls(__m256i bytes)
{
    __m256i largest = _mm256_set1_epi8(0x1F);
    return _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, largest), largest);
}

FAST static inline struct marks marks_fast(const uint8_t *bytes)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + 32));
    return (struct marks){
        .backslash = equal(low, high, '\\'),
        .quote = equal(low, high, '"'),
        .control = bits(controls(low), controls(high)),
    };
}

FAST static inline struct structure structure_fast(const uint8_t *bytes)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + 32));
    return (struct structure){
        .operators = bits(operators(low), operators(high)),
        .space = bits(spaces(low), spaces(high)),
    };
}

/// A byte may be escaped if the classes of its two halves have a bit in common: 1 for the second
/// row of ASCII, 2 for the fifth, 4 for the sixth, 8 for the seventh.
FAST static inline __m256i escapee(__m256i bytes)
{
    const __m256i rows = _mm256_setr_epi8(
        0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i columns = _mm256_setr_epi8(
        0, 0, 1 | 4 | 8, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1,
        0, 0, 1 | 4 | 8, 0, 8, 8, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1);
    __m256i half = _mm256_set1_epi8(0x0F);
    __m256i row = _mm256_shuffle_epi8(rows, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half));
    __m256i column = _mm256_shuffle_epi8(columns, _mm256_and_si256(bytes, half));
    __m256i none = _mm256_cmpeq_epi8(_mm256_and_si256(row, column), _mm256_setzero_si256());
    return _mm256_xor_si256(none, _mm256_set1_epi8(-1));
}

FAST static inline struct escapees escapees_fast(const uint8_t *bytes)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(bytes + 32));
    return (struct escapees){
        .all = bits(escapee(low), escapee(high)),
        .unicode = equal(low, high, 'u'),
    };
}

FAST static inline uint64_t prefix_xor_fast(uint64_t bits)
{
    __m128i ones = _mm_set1_epi8(-1);
    return _mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_set_epi64x(0, bits), ones, 0));
}

static const struct ways fast = {marks_fast, structure_fast, escapees_fast, prefix_xor_fast};
#endif

// MARK: - The first step

/// What one block leaves for the next, each in its lowest bit.
struct carry {
    uint64_t escaped, scalar;
    uint64_t string;  ///< All ones inside of a string.
};

/// The bytes that a backslash before them escapes.
static inline __attribute__((always_inline)) uint64_t find_escaped(
    uint64_t backslash, struct carry *carry)
{
    if (!backslash) {
        uint64_t escaped = carry->escaped;
        carry->escaped = 0;
        return escaped;
    }
    backslash &= ~carry->escaped;
    uint64_t follows = backslash << 1 | carry->escaped;
    const uint64_t even = 0x5555555555555555ull;
    uint64_t odd_starts = backslash & ~even & ~follows;
    uint64_t even_sequences;
    carry->escaped = __builtin_add_overflow(odd_starts, backslash, &even_sequences);
    return (even ^ even_sequences << 1) & follows;
}

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

/// Whether four hexadecimal digits follow each of the bytes that these bits name.
static bool are_unicode_escapes(const struct tokens *tokens, size_t base, uint64_t bits)
{
    for (; bits; bits &= bits - 1) {
        size_t place = base + (size_t)__builtin_ctzll(bits);
        if (place + 4 >= tokens->length)
            return false;
        for (int digit = 1; digit <= 4; digit++)
            if (!is_hex(tokens->line[place + digit]))
                return false;
    }
    return true;
}

/// Adds the tokens that these bits name; false when they are too many.
static inline __attribute__((always_inline)) bool add_tokens(
    struct tokens *tokens, size_t base, uint64_t bits)
{
    uint32_t *places = tokens->places + tokens->count;
    size_t count = (size_t)__builtin_popcountll(bits);
    tokens->count += count;
    if (tokens->count > TOKENS)
        return false;
    // Eight at a time without a question; what is too many is overwritten by the next ones.
    for (size_t done = 0; done < count; done += 8)
        for (size_t place = done; place < done + 8; place++, bits &= bits - 1)
            places[place] = (uint32_t)(base + (size_t)__builtin_ctzll(bits | 1ull << 63));
    return true;
}

/// Adds the tokens of a block; false when a string in it breaks a rule.
static inline __attribute__((always_inline)) bool scan_block(
    struct tokens *tokens, size_t base, const uint8_t *bytes, struct carry *carry,
    const struct ways *ways)
{
    struct marks marks = ways->marks(bytes);
    uint64_t escaped = find_escaped(marks.backslash, carry);
    uint64_t quote = marks.quote & ~escaped;
    // From each opening quote up to, and without, the closing one.
    uint64_t string = ways->prefix_xor(quote) ^ carry->string;
    carry->string = (uint64_t)((int64_t)string >> 63);
    if (marks.control & string)
        return false;
    escaped &= string;
    if (escaped) {
        struct escapees escapees = ways->escapees(bytes);
        if ((escaped & ~escapees.all)
            || !are_unicode_escapes(tokens, base, escaped & escapees.unicode))
            return false;
    }
    if (!~string && !quote) {
        carry->scalar = 0;
        return true;
    }
    struct structure structure = ways->structure(bytes);
    uint64_t scalar = ~(structure.operators | structure.space | quote | string);
    uint64_t first = scalar & ~(scalar << 1 | carry->scalar);
    carry->scalar = scalar >> 63;
    uint64_t found = (structure.operators & ~string) | quote | first;
    return add_tokens(tokens, base, found);
}

/// Finds the tokens of a line; false when it is none that the second step should see.
static inline __attribute__((always_inline)) bool find_tokens(
    struct tokens *tokens, const struct ways *ways)
{
    struct carry carry = {0};
    size_t base = 0;
    for (; base + BLOCK <= tokens->length; base += BLOCK)
        if (!scan_block(tokens, base, tokens->line + base, &carry, ways))
            return false;
    if (base < tokens->length) {
        uint8_t last[BLOCK];
        memset(last, ' ', BLOCK);
        memcpy(last, tokens->line + base, tokens->length - base);
        if (!scan_block(tokens, base, last, &carry, ways))
            return false;
    }
    return !carry.string;
}

// MARK: - The second step

/// Where the walk stands.
struct walk {
    const struct tokens *tokens;
    size_t next;
    struct cscan_part type;
    struct cscan_item *item;
};

/// The byte of a token; 0 behind the last one.
static inline uint8_t peek(const struct walk *walk, size_t ahead)
{
    size_t place = walk->next + ahead;
    return place < walk->tokens->count ? walk->tokens->line[walk->tokens->places[place]] : 0;
}

/// Takes a string, whose opening quote comes next, and returns its contents.
static inline struct cscan_part take_string(struct walk *walk)
{
    // Inside of a string there are no tokens, and every string ends.
    const uint32_t *places = walk->tokens->places + walk->next;
    walk->next += 2;
    return (struct cscan_part){places[0] + 1, places[1]};
}

static inline bool is(const struct walk *walk, struct cscan_part part, const char *word, size_t length)
{
    return part.end - part.start == length
        && memcmp(walk->tokens->line + part.start, word, length) == 0;
}
#define IS(walk, part, word) is(walk, part, word, sizeof(word) - 1)

static inline bool is_plain(const struct walk *walk, struct cscan_part part)
{
    return !memchr(walk->tokens->line + part.start, '\\', part.end - part.start);
}

static bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

/// The end of a number that begins here; 0 when it is none.
static size_t number_end(const uint8_t *line, size_t place, size_t length)
{
    if (line[place] == '-')
        place++;
    if (place == length || !is_digit(line[place]))
        return 0;
    if (line[place] == '0')
        place++;
    else
        while (place < length && is_digit(line[place])) place++;
    if (place < length && line[place] == '.') {
        size_t start = ++place;
        while (place < length && is_digit(line[place])) place++;
        if (place == start) return 0;
    }
    if (place < length && (line[place] | 0x20) == 'e') {
        place++;
        if (place < length && (line[place] == '+' || line[place] == '-')) place++;
        size_t start = place;
        while (place < length && is_digit(line[place])) place++;
        if (place == start) return 0;
    }
    return place;
}

static size_t literal_end(const struct tokens *tokens, size_t place)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int index = 0; index < 3; index++) {
        size_t length = strlen(words[index]);
        if (tokens->length - place >= length
            && memcmp(tokens->line + place, words[index], length) == 0)
            return place + length;
    }
    return 0;
}

/// Takes a number, `true`, `false` or `null`; false when it is none, or more follows at once.
static inline bool take_scalar(struct walk *walk, struct cscan_part *number)
{
    const struct tokens *tokens = walk->tokens;
    size_t start = tokens->places[walk->next++];
    uint8_t first = tokens->line[start];
    bool is_number = first == '-' || is_digit(first);
    size_t end = is_number ? number_end(tokens->line, start, tokens->length)
                           : literal_end(tokens, start);
    *number = is_number ? (struct cscan_part){(uint32_t)start, (uint32_t)end}
                        : (struct cscan_part){0, 0};
    if (end == 0)
        return false;
    if (end == tokens->length)
        return true;
    uint8_t after = tokens->line[end];
    return after == ',' || after == '}' || after == ']' || after == ' ' || after == '\t'
        || after == '\r';
}

/// Takes a key and its colon.
static inline bool take_key(struct walk *walk, struct cscan_part *key)
{
    if (peek(walk, 0) != '"' || peek(walk, 2) != ':')
        return false;
    *key = take_string(walk);
    walk->next++;
    return true;
}

/// Takes an opening bracket, and the closing one if that is all.
static inline bool takes_empty(struct walk *walk, uint8_t close)
{
    bool is_empty = peek(walk, 1) == close;
    walk->next += is_empty ? 2 : 1;
    return is_empty;
}

/// Whether another member follows; `is_right` is false when neither that nor the end does.
static inline bool takes_comma(struct walk *walk, uint8_t close, bool *is_right)
{
    uint8_t mark = peek(walk, 0);
    walk->next++;
    *is_right = mark == ',' || mark == close;
    return mark == ',';
}

/// Takes a value nobody asked for, whatever is in it.
static bool skip_value(struct walk *walk, int depth)
{
    struct cscan_part ignored;
    bool is_good = true, is_right;
    switch (peek(walk, 0)) {
    case '"':
        take_string(walk);
        return true;
    case '{':
        if (takes_empty(walk, '}'))
            return true;
        do
            is_good = depth < DEPTH && take_key(walk, &ignored) && skip_value(walk, depth + 1);
        while (is_good && takes_comma(walk, '}', &is_right));
        return is_good && is_right;
    case '[':
        if (takes_empty(walk, ']'))
            return true;
        do
            is_good = depth < DEPTH && skip_value(walk, depth + 1);
        while (is_good && takes_comma(walk, ']', &is_right));
        return is_good && is_right;
    case '}': case ']': case ':': case ',': case 0:
        return false;
    default:
        return take_scalar(walk, &ignored);
    }
}

/// Takes a value; `part` becomes its contents if it is a string, and is emptied otherwise.
static inline bool take_text(struct walk *walk, struct cscan_part *part)
{
    *part = (struct cscan_part){0, 0};
    if (peek(walk, 0) != '"')
        return skip_value(walk, 1);
    *part = take_string(walk);
    return true;
}

/// Takes a value; `part` becomes its place if it is a number, and is emptied otherwise.
static inline bool take_number(struct walk *walk, struct cscan_part *part)
{
    *part = (struct cscan_part){0, 0};
    uint8_t first = peek(walk, 0);
    return first == '-' || is_digit(first) ? take_scalar(walk, part) : skip_value(walk, 1);
}

/// Takes a key that may be asked for elsewhere under another spelling, and its value.
static inline bool skip_member(struct walk *walk, struct cscan_part key)
{
    return is_plain(walk, key) && skip_value(walk, 1);
}

static inline bool take_item_member(struct walk *walk)
{
    struct cscan_part key;
    if (!take_key(walk, &key))
        return false;
    if (IS(walk, key, "id"))
        return take_text(walk, &walk->item->id);
    if (IS(walk, key, "type"))
        return take_text(walk, &walk->item->kind);
    if (IS(walk, key, "exit_code"))
        return take_number(walk, &walk->item->exit_code);
    return skip_member(walk, key);
}

static inline bool take_item(struct walk *walk)
{
    // An earlier value of the same key counts no more.
    *walk->item = (struct cscan_item){0};
    if (peek(walk, 0) != '{')
        return skip_value(walk, 1);
    if (takes_empty(walk, '}'))
        return true;
    bool is_right;
    do
        if (!take_item_member(walk))
            return false;
    while (takes_comma(walk, '}', &is_right));
    return is_right;
}

static inline bool take_member(struct walk *walk)
{
    struct cscan_part key;
    if (!take_key(walk, &key))
        return false;
    if (IS(walk, key, "type"))
        return take_text(walk, &walk->type);
    if (IS(walk, key, "item"))
        return take_item(walk);
    return skip_member(walk, key);
}

static inline bool take_line(struct walk *walk)
{
    if (peek(walk, 0) != '{' || takes_empty(walk, '}'))
        return false;
    bool is_right;
    do
        if (!take_member(walk))
            return false;
    while (takes_comma(walk, '}', &is_right));
    return is_right && walk->next == walk->tokens->count;
}

/// Whether a `type` is one that a step of the work has.
static inline bool is_phase(const struct walk *walk, struct cscan_part type)
{
    return IS(walk, type, "item.completed") || IS(walk, type, "item.started")
        || IS(walk, type, "item.updated");
}

static inline bool is_item(struct tokens *tokens, struct cscan_item *item)
{
    struct walk walk = {.tokens = tokens, .item = item};
    *item = (struct cscan_item){0};
    return take_line(&walk) && is_phase(&walk, walk.type) && item->kind.start > 0;
}

typedef bool scan_line(const uint8_t *line, size_t length, struct cscan_item *item);

static bool scan_portable(const uint8_t *line, size_t length, struct cscan_item *item)
{
    struct tokens tokens;
    tokens.line = line;
    tokens.length = length;
    tokens.count = 0;
    return find_tokens(&tokens, &portable) && is_item(&tokens, item);
}

#if defined(__x86_64__)
FAST static bool scan_fast(const uint8_t *line, size_t length, struct cscan_item *item)
{
    struct tokens tokens;
    tokens.line = line;
    tokens.length = length;
    tokens.count = 0;
    return find_tokens(&tokens, &fast) && is_item(&tokens, item);
}
#endif

static scan_line *best_scan(void)
{
#if defined(__x86_64__)
    // The compiler's support keeps the answer; asking is a load and a test.
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul"))
        return scan_fast;
#endif
    return scan_portable;
}

// MARK: - Lines

static struct cscan_items pass_items(const uint8_t *bytes, size_t length, scan_line *scan)
{
    struct cscan_items items = {0};
    while (items.passed < length) {
        const uint8_t *line = bytes + items.passed;
        const uint8_t *newline = memchr(line, '\n', length - items.passed);
        struct cscan_item item;
        if (!newline || (size_t)(newline - line) > CSCAN_LONGEST_LINE
            || !scan(line, (size_t)(newline - line), &item))
            break;
        items.count++;
        items.newest = item;
        items.newest_start = items.passed;
        items.passed += (size_t)(newline - line) + 1;
    }
    return items;
}

struct cscan_items cscan_items(const uint8_t *bytes, size_t length)
{
    return pass_items(bytes, length, best_scan());
}

struct cscan_items cscan_items_portable(const uint8_t *bytes, size_t length)
{
    return pass_items(bytes, length, scan_portable);
}

size_t cscan_newline(const uint8_t *bytes, size_t length)
{
    const uint8_t *newline = length > 0 ? memchr(bytes, '\n', length) : NULL;
    return newline ? (size_t)(newline - bytes) : length;
}
