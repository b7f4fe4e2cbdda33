// lookup FILE: the seconds that simdjson On-Demand takes to look up four things in each line.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <simdjson.h>

using namespace simdjson;

static size_t look_up(ondemand::parser &parser, const char *line, size_t length, size_t capacity)
{
    auto document = parser.iterate(line, length, capacity);
    std::string_view type, id, kind;
    int64_t code;
    ondemand::object item;
    size_t found = 0;
    if (document["type"].get_string().get(type)) return 0;
    found += type.size();
    if (document["item"].get_object().get(item)) return found;
    if (!item["id"].get_string().get(id)) found += id.size();
    if (!item["type"].get_string().get(kind)) found += kind.size();
    if (!item["exit_code"].get_int64().get(code)) found += static_cast<size_t>(code) + 1;
    return found;
}

int main(int count, char **words)
{
    if (count != 2) return 2;
    padded_string text = padded_string::load(words[1]);
    ondemand::parser parser;
    auto start = std::chrono::steady_clock::now();
    size_t found = 0;
    const char *end = text.data() + text.size();
    for (const char *line = text.data(); line < end;) {
        auto newline = static_cast<const char *>(memchr(line, '\n', static_cast<size_t>(end - line)));
        if (!newline) break;
        auto capacity = static_cast<size_t>(end - line) + SIMDJSON_PADDING;
        found += look_up(parser, line, static_cast<size_t>(newline - line), capacity);
        line = newline + 1;
    }
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    fprintf(stderr, "%zu\n", found);
    printf("%.6f\n", seconds.count());
    return 0;
}
