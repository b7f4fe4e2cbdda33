// reader AGENTS COMMAND DIRECTORY: the least that could stand in for Quire. One libuv loop starts
// AGENTS children at once, counts the newlines they print and writes what they print to a file
// each; it decodes nothing and keeps no books.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

struct child {
    uv_process_t process;
    uv_pipe_t output;
    int log;
};

static size_t newlines, bytes;
static char buffer[65536];

static void allocate(uv_handle_t *handle, size_t size, uv_buf_t *result)
{
    (void)handle, (void)size;
    *result = uv_buf_init(buffer, sizeof buffer);
}

static void received(uv_stream_t *stream, ssize_t count, const uv_buf_t *piece)
{
    struct child *child = stream->data;
    if (count < 0) {
        close(child->log);
        uv_close((uv_handle_t *)stream, NULL);
        return;
    }
    const char *end = piece->base + count;
    for (const char *at = piece->base; (at = memchr(at, '\n', (size_t)(end - at))); at++) newlines++;
    bytes += (size_t)count;
    for (const char *at = piece->base; at < end;) {
        ssize_t written = write(child->log, at, (size_t)(end - at));
        if (written < 0) abort();
        at += written;
    }
}

static void exited(uv_process_t *process, int64_t status, int signal)
{
    (void)status, (void)signal;
    uv_close((uv_handle_t *)process, NULL);
}

int main(int count, char **words)
{
    if (count != 4) return 2;
    int agents = atoi(words[1]);
    struct child *children = calloc((size_t)agents, sizeof *children);
    for (int number = 0; number < agents; number++) {
        struct child *child = children + number;
        char path[4096];
        snprintf(path, sizeof path, "%s/%d.log", words[3], number);
        child->log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        uv_pipe_init(uv_default_loop(), &child->output, 0);
        uv_stdio_container_t stdio[3] = {
            {.flags = UV_IGNORE},
            {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->output},
            {.flags = UV_IGNORE},
        };
        char *arguments[] = {words[2], NULL};
        uv_process_options_t options = {
            .file = words[2], .args = arguments, .exit_cb = exited, .stdio = stdio, .stdio_count = 3};
        if (child->log < 0 || uv_spawn(uv_default_loop(), &child->process, &options) != 0) return 1;
        child->output.data = child;
        uv_read_start((uv_stream_t *)&child->output, allocate, received);
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    printf("%zu bytes, %zu lines\n", bytes, newlines);
    return 0;
}
