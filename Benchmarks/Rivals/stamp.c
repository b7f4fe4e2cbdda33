// An agent for the time between one session's end and the next one's start: waits between 50 and
// 350 ms, and appends when it began and when it is about to end, in nanoseconds, to STAMP_FILE.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(void)
{
    long long start = now();
    const char *path = getenv("STAMP_FILE");
    int file = path ? open(path, O_WRONLY | O_APPEND | O_CREAT, 0644) : -1;
    if (file < 0) return 1;
    srand((unsigned)(start ^ getpid()));
    struct timespec wait = {0, (50 + rand() % 300) * 1000000l};
    nanosleep(&wait, NULL);
    char line[64];
    int length = snprintf(line, sizeof line, "%lld %lld\n", start, now());
    return write(file, line, (size_t)length) == length ? 0 : 1;
}
