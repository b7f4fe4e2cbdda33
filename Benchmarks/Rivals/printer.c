// An agent that prints events as fast as it can: PRINTER_BYTES in all, lines of about 600 bytes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char thread[] =
    "{\"type\":\"thread.started\",\"thread_id\":\"019a8f5e-0000-7000-8000-000000000000\"}\n"
    "{\"type\":\"turn.started\"}\n";
static const char turn[] =
    "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":1,\"cached_input_tokens\":0,"
    "\"output_tokens\":1}}\n";

static void print(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(1, bytes, length);
        if (count <= 0) exit(1);
        bytes += count;
        length -= (size_t)count;
    }
}

int main(void)
{
    const char *wanted = getenv("PRINTER_BYTES");
    long long left = wanted ? atoll(wanted) : 0;
    static char block[65536];
    char output[512];
    size_t length = 0;
    for (size_t place = 0; place + 17 < sizeof output; place += 17)
        memcpy(output + place, "0123456789abcde\\n", 18);
    for (int number = 0; length + 1024 < sizeof block; number++)
        length += (size_t)sprintf(
            block + length,
            "{\"type\":\"item.completed\",\"item\":{\"id\":\"item_%d\",\"type\":\"command_execution\","
            "\"command\":\"make %d\",\"aggregated_output\":\"%s\",\"exit_code\":0,"
            "\"status\":\"completed\"}}\n", number, number, output);
    print(thread, sizeof thread - 1);
    for (; left > 0; left -= (long long)length) print(block, length);
    print(turn, sizeof turn - 1);
    return 0;
}
