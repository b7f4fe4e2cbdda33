// Loaded into a program before all else (LD_PRELOAD): takes BALLAST_MB megabytes and keeps them, and
// counts allocations into the file ALLOCATIONS at the end. What the program starts gets neither.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic long allocations;
static const char *path;

void *malloc(size_t size) { allocations++; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { allocations++; return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { allocations++; return __libc_realloc(old, size); }

void *aligned_alloc(size_t alignment, size_t size)
{
    allocations++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = aligned_alloc(alignment, size);
    return *memory ? 0 : 12;
}

__attribute__((constructor)) static void begin(void)
{
    const char *megabytes = getenv("BALLAST_MB");
    if (megabytes) {
        size_t size = (size_t)atol(megabytes) << 20;
        void *ballast = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (ballast == MAP_FAILED)
            abort();
        // Small pages, as a program's usual memory has: a fork copies an entry for each.
        madvise(ballast, size, MADV_NOHUGEPAGE);
        memset(ballast, 1, size);
    }
    path = getenv("ALLOCATIONS");
    unsetenv("LD_PRELOAD");
    unsetenv("BALLAST_MB");
}

__attribute__((destructor)) static void end(void)
{
    long count = allocations;
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file)
        return;
    fprintf(file, "%ld\n", count);
    fclose(file);
}
