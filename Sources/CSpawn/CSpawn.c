#define _GNU_SOURCE
#include "CSpawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int argument_count;
static char **argument_words;

/// What this process was started with, and its children are to be started with, whatever it makes
/// of its own meanwhile. Bit n - 1 stands for signal n.
static struct {
    uint64_t blocked;
    uint64_t ignored;
    rlim_t descriptors;
} inherited;

/// The last signal's number, and the size of a set of them, in the kernel's terms.
enum { LAST_SIGNAL = 64, SIGNAL_SET_SIZE = 8 };

// The root is there also where there is no /dev.
int cspawn_unusable_descriptor(void)
{
    return open("/", O_PATH | O_DIRECTORY);
}

// By system call, because the C library hides two signals that a parent may have ignored.
// The first field of the kernel's structure is the handler.
typedef unsigned long kernel_action[8];

static void keep_inherited(void)
{
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &inherited.blocked, (size_t)SIGNAL_SET_SIZE);
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        kernel_action action = {0};
        syscall(SYS_rt_sigaction, number, NULL, action, (size_t)SIGNAL_SET_SIZE);
        if (action[0] == (unsigned long)SIG_IGN)
            inherited.ignored |= (uint64_t)1 << (number - 1);
    }
    struct rlimit limit;
    inherited.descriptors = getrlimit(RLIMIT_NOFILE, &limit) < 0 ? RLIM_INFINITY : limit.rlim_cur;
}

/// The C library calls this before main, with main's arguments.
__attribute__((constructor)) static void keep_start(int count, char **words)
{
    argument_count = count;
    argument_words = words;
    keep_inherited();
}

void cspawn_take_charge(void)
{
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

char **cspawn_arguments(int *count)
{
    *count = argument_count;
    return argument_words;
}

/// Gives the child the signals that this process was started with.
static void restore_signals(void)
{
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        // All zeros is the default in every field.
        kernel_action action = {0};
        if (inherited.ignored >> (number - 1) & 1)
            action[0] = (unsigned long)SIG_IGN;
        syscall(SYS_rt_sigaction, number, action, NULL, (size_t)SIGNAL_SET_SIZE);
    }
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &inherited.blocked, NULL, (size_t)SIGNAL_SET_SIZE);
}

/// Gives the child the soft limit on descriptors that this process was started with: programs that
/// use select(2), or close every descriptor that they may have, rely on a small one.
static void restore_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == inherited.descriptors)
        return;
    limit.rlim_cur =
        inherited.descriptors < limit.rlim_max ? inherited.descriptors : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Lets no descriptor but the first three live through an exec.
///
/// Linux before 5.11 has no call for that; its entries of /proc are read into the stack, because
/// this runs in the parent's memory.
static void keep_three_descriptors(void)
{
    if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0)
        return;
    int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        struct rlimit limit = {.rlim_cur = 0};
        getrlimit(RLIMIT_NOFILE, &limit);
        for (int descriptor = 3; descriptor < (int)limit.rlim_cur; descriptor++)
            fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        return;
    }
    _Alignas(struct dirent64) char entries[4096];
    long length;
    while ((length = syscall(SYS_getdents64, directory, entries, sizeof entries)) > 0)
        for (long place = 0; place < length;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + place);
            int descriptor = 0;
            for (const char *digit = entry->d_name; *digit >= '0' && *digit <= '9'; digit++)
                descriptor = descriptor * 10 + (*digit - '0');
            if (descriptor >= 3)
                fcntl(descriptor, F_SETFD, FD_CLOEXEC);
            place += entry->d_reclen;
        }
}

/// Puts three descriptors at 0, 1 and 2, wherever they are now.
static int place_descriptors(const struct cspawn_request *request)
{
    int from[3] = {request->input, request->output, request->error};
    // Out of the way first, so that none is overwritten before it was copied.
    for (int i = 0; i < 3; i++)
        if (from[i] < 3 && (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3)) < 0)
            return -1;
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) < 0)
            return -1;
    // What other libraries opened without close-on-exec is no business of the child either.
    keep_three_descriptors();
    return 0;
}

/// Gives this process a label; one that may not have it goes without.
static void set_label(uint64_t label)
{
    struct rlimit limit;
    if (label == 0 || getrlimit(__RLIMIT_LOCKS, &limit) < 0)
        return;
    limit.rlim_cur = label;
    setrlimit(__RLIMIT_LOCKS, &limit);
}

uint64_t cspawn_label(pid_t pid)
{
    struct rlimit limit;
    if (prlimit(pid, __RLIMIT_LOCKS, NULL, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    return limit.rlim_cur;
}

/// The child's side: only calls that are safe after vfork; returns the step that failed.
static enum cspawn_step become(const struct cspawn_request *request, pid_t parent)
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return CSPAWN_PARENT_GONE;
    if (place_descriptors(request) < 0)
        return CSPAWN_DESCRIPTORS;
    if (chdir(request->directory) < 0)
        return CSPAWN_DIRECTORY;
    restore_descriptor_limit();
    set_label(request->label);
    // Last: what was not blocked arrives from here on.
    restore_signals();
    execve(request->executable, request->arguments, request->environment);
    return CSPAWN_EXEC;
}

struct cspawn_result cspawn(const struct cspawn_request *request)
{
    // The child shares this memory until it execs or ends, so it can leave its error here.
    volatile enum cspawn_step step = CSPAWN_STARTED;
    volatile int error = 0;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = vfork();
    if (pid == 0) {
        step = become(request, parent);
        error = errno;
        _exit(127);
    }
    if (pid < 0) {
        step = CSPAWN_FORK;
        error = errno;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid > 0 && step != CSPAWN_STARTED)
        waitpid(pid, NULL, 0);
    return (struct cspawn_result){.pid = pid, .step = step, .error = error};
}

int cspawn_pidfd_open(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int cspawn_pidfd_signal(int pidfd, int number)
{
    return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

int cspawn_memory_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}

int cspawn_pipe(int descriptors[2])
{
    if (pipe2(descriptors, O_CLOEXEC) < 0)
        return -1;
    return fcntl(descriptors[0], F_SETFL, O_NONBLOCK);
}

int cspawn_widen_pipe(int descriptor, int size)
{
    return fcntl(descriptor, F_SETPIPE_SZ, size) < 0 ? -1 : 0;
}

int cspawn_become_subreaper(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

pid_t cspawn_next_ended_child(void)
{
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return 0;
    return info.si_pid;
}

int cspawn_may_have_orphans(void)
{
    if (gettid() != getpid())
        return 1;
    return waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | WNOWAIT | __WNOTHREAD) == 0 || errno != ECHILD;
}

bool cspawn_has_ended(pid_t child)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}
