#define _GNU_SOURCE
#include "CSpawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int argument_count;
static char **argument_words;
static pthread_t first_thread;
static pid_t own_pid;

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
    first_thread = pthread_self();
    own_pid = getpid();
    keep_inherited();
}

/// The signal that cspawn_ended_children reads, and that no thread may take from it.
static sigset_t child_signal(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return set;
}

void cspawn_take_charge(void)
{
    sigset_t set = child_signal();
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

char **cspawn_arguments(int *count)
{
    *count = argument_count;
    return argument_words;
}

/// The signals that this process ignores by itself: bit n - 1 stands for signal n.
static _Atomic uint64_t ignored_here;

void cspawn_ignore(int number)
{
    atomic_fetch_or(&ignored_here, (uint64_t)1 << (number - 1));
    signal(number, SIG_IGN);
}

/// Gives the child the signals that this process was started with.
///
/// Where the child was started without handlers (`is_clear`), only what is ignored can differ.
static void restore_signals(bool is_clear)
{
    uint64_t different = is_clear ? atomic_load(&ignored_here) | inherited.ignored : ~(uint64_t)0;
    for (int number = 1; number <= LAST_SIGNAL; number++) {
        if (!(different >> (number - 1) & 1))
            continue;
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

/// A child whose owner is not known yet. The number is written before the child runs, so that
/// whoever finds an ended process of another number knows that it is none of these.
struct newborn {
    _Atomic pid_t pid;
    struct newborn *next;
};

static struct newborn *newborns;
static pthread_mutex_t newborns_lock = PTHREAD_MUTEX_INITIALIZER;

/// Makes room for a child's number; NULL without memory.
static struct newborn *expect_child(void)
{
    struct newborn *newborn = calloc(1, sizeof *newborn);
    if (newborn == NULL)
        return NULL;
    pthread_mutex_lock(&newborns_lock);
    newborn->next = newborns;
    newborns = newborn;
    pthread_mutex_unlock(&newborns_lock);
    return newborn;
}

/// The link to this child, or to the first that has this number where none is given; the caller
/// holds the lock.
static struct newborn **find_newborn(const struct newborn *wanted, pid_t pid)
{
    struct newborn **link = &newborns;
    while (*link && (wanted ? *link != wanted : atomic_load(&(*link)->pid) != pid))
        link = &(*link)->next;
    return link;
}

static void forget(const struct newborn *wanted, pid_t pid)
{
    pthread_mutex_lock(&newborns_lock);
    struct newborn **link = find_newborn(wanted, pid), *found = *link;
    if (found)
        *link = found->next;
    pthread_mutex_unlock(&newborns_lock);
    free(found);
}

bool cspawn_is_newborn(pid_t pid)
{
    pthread_mutex_lock(&newborns_lock);
    bool is_newborn = *find_newborn(NULL, pid) != NULL;
    pthread_mutex_unlock(&newborns_lock);
    return is_newborn;
}

void cspawn_has_owner(pid_t pid)
{
    forget(NULL, pid);
}

bool cspawn_reap(pid_t pid, int *status)
{
    struct newborn *found = NULL;
    pthread_mutex_lock(&newborns_lock);
    bool is_reaped = waitpid(pid, status, WNOHANG) == pid;
    if (is_reaped) {
        // From now on the number can be a younger child's, which stands before this one.
        struct newborn **oldest = NULL;
        for (struct newborn **link = &newborns; *link; link = &(*link)->next)
            if (atomic_load(&(*link)->pid) == pid)
                oldest = link;
        if (oldest) {
            found = *oldest;
            *oldest = found->next;
        }
    }
    pthread_mutex_unlock(&newborns_lock);
    free(found);
    return is_reaped;
}

/// What a child is started with, and what it leaves: it shares this memory until it execs or ends.
struct birth {
    const struct cspawn_request *request;
    struct newborn *newborn;          ///< Where the child's number is written.
    bool is_clear;                    ///< Whether the child has no handlers.
    volatile enum cspawn_step step;
    volatile int error;
    volatile uint64_t first_moment;   ///< What the child's first look at the clock showed.
};

/// The time since boot, suspensions included, in nanoseconds; no system call on usual machines.
static uint64_t boot_time(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_BOOTTIME, &now) < 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/// The child's side: only calls that are safe after vfork; returns the step that failed.
static enum cspawn_step become(const struct birth *birth)
{
    const struct cspawn_request *request = birth->request;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != own_pid)
        return CSPAWN_PARENT_GONE;
    if (place_descriptors(request) < 0)
        return CSPAWN_DESCRIPTORS;
    if (chdir(request->directory) < 0)
        return CSPAWN_DIRECTORY;
    restore_descriptor_limit();
    set_label(request->label);
    // Last: what was not blocked arrives from here on.
    restore_signals(birth->is_clear);
    execve(request->executable, request->arguments, request->environment);
    return CSPAWN_EXEC;
}

static noreturn void be_born(void *argument)
{
    struct birth *birth = argument;
    birth->first_moment = boot_time();
    // The kernel has written it for a child without handlers.
    if (!birth->is_clear)
        atomic_store(&birth->newborn->pid, (pid_t)syscall(SYS_getpid));
    birth->step = become(birth);
    birth->error = errno;
    _exit(127);
}

/// The arguments of clone3(2), as far as they are used: the kernel's structure of Linux 5.3.
struct clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

enum { CLONE3_NUMBER = 435 };

/// Calls clone3(2); the child runs `child`, which never returns, on the stack of its own.
///
/// By hand, because the C library has no function for this call, and the child must not return
/// into a frame that it shares with its parent.
static long clone3_onto_stack(
    struct clone_arguments *arguments,
    void (*child)(void *),
    void *argument)
{
#if defined(__x86_64__)
    long result = CLONE3_NUMBER;
    __asm__ volatile(
        "syscall\n\t"
        "testq %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xorl %%ebp, %%ebp\n\t"  // The outermost frame, for debuggers.
        "movq %[argument], %%rdi\n\t"
        "callq *%[child]\n\t"
        "ud2\n"
        "1:"
        : "+a"(result)
        : "D"(arguments), "S"(sizeof *arguments), [child] "r"(child), [argument] "r"(argument)
        : "rcx", "r11", "cc", "memory");
    return result;
#elif defined(__aarch64__)
    register long result __asm__("x0") = (long)arguments;
    register size_t size __asm__("x1") = sizeof *arguments;
    register long number __asm__("x8") = CLONE3_NUMBER;
    __asm__ volatile(
        "svc #0\n\t"
        "cbnz x0, 1f\n\t"
        "mov x29, xzr\n\t"  // The outermost frame, for debuggers.
        "mov x0, %[argument]\n\t"
        "blr %[child]\n\t"
        "brk #1\n"
        "1:"
        : "+r"(result)
        : "r"(size), "r"(number), [child] "r"(child), [argument] "r"(argument)
        : "cc", "memory");
    return result;
#else
    (void)arguments, (void)child, (void)argument;
    return -ENOSYS;
#endif
}

/// Starts the child without any handler of this process, in one call (Linux 5.5); the parent waits
/// until it execs or ends. Returns its number, or a negative errno.
///
/// A handler would run in the parent's memory. Signals that are ignored remain so.
static pid_t start_clear(struct birth *birth)
{
    // Used while this frame waits. The largest thing on it are the entries of /proc.
    _Alignas(64) char stack[32 * 1024];
    struct clone_arguments arguments = {
        .flags = 0x100000000 /* CLONE_CLEAR_SIGHAND */ | 0x4000 /* CLONE_VFORK */
            | 0x100 /* CLONE_VM */ | 0x100000 /* CLONE_PARENT_SETTID */,
        .parent_tid = (uint64_t)(uintptr_t)&birth->newborn->pid,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)stack,
        .stack_size = sizeof stack,
    };
    birth->is_clear = true;
    return (pid_t)clone3_onto_stack(&arguments, be_born, birth);
}

/// Starts the child as every Linux can. Returns its number, or a negative errno.
static pid_t start_anywhere(struct birth *birth)
{
    birth->is_clear = false;
    pid_t pid = vfork();
    if (pid == 0)
        be_born(birth);
    return pid < 0 ? -errno : pid;
}

/// Does something with all signals held back: what the child is to ignore or to block must not end it
/// before it does, and no handler may run in a child that has them.
static pid_t undisturbed(pid_t (*start)(struct birth *), struct birth *birth)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = start(birth);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/// Whether clone3(2) was refused once: by an older kernel (ENOSYS, EINVAL), or by a filter of a
/// container's (ENOSYS, EPERM).
static atomic_bool lacks_clone3;

static pid_t start(struct birth *birth)
{
    if (!atomic_load_explicit(&lacks_clone3, memory_order_relaxed)) {
        bool is_open = !inherited.ignored && !inherited.blocked;
        pid_t pid = is_open ? start_clear(birth) : undisturbed(start_clear, birth);
        if (pid != -ENOSYS && pid != -EINVAL && pid != -EPERM)
            return pid;
        atomic_store_explicit(&lacks_clone3, true, memory_order_relaxed);
    }
    return undisturbed(start_anywhere, birth);
}

/// The clock tick after boot in which a moment lies, as proc(5) counts them.
static uint64_t clock_tick(uint64_t moment)
{
    static const uint64_t ticks_a_second = 100;  // USER_HZ of every machine that Swift is for.
    return moment / (1000000000 / ticks_a_second);
}

struct cspawn_result cspawn(const struct cspawn_request *request)
{
    struct birth birth = {.request = request, .step = CSPAWN_STARTED, .newborn = expect_child()};
    if (birth.newborn == NULL)
        return (struct cspawn_result){.pid = -1, .step = CSPAWN_FORK, .error = ENOMEM};
    uint64_t moment = boot_time();
    pid_t pid = start(&birth);
    if (birth.step != CSPAWN_STARTED)
        waitpid(pid, NULL, 0);
    if (pid < 0 || birth.step != CSPAWN_STARTED)
        forget(birth.newborn, 0);
    if (pid < 0)
        return (struct cspawn_result){.pid = -1, .step = CSPAWN_FORK, .error = -pid};
    // The kernel has noted a moment between these two.
    uint64_t tick = clock_tick(moment);
    return (struct cspawn_result){
        .pid = pid,
        .step = birth.step,
        .error = birth.error,
        .start = moment > 0 && tick == clock_tick(birth.first_moment) ? tick : 0,
    };
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
    return pipe2(descriptors, O_CLOEXEC);
}

int cspawn_widen_pipe(int descriptor, int size)
{
    return fcntl(descriptor, F_SETPIPE_SZ, size) < 0 ? -1 : 0;
}

int cspawn_become_subreaper(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int cspawn_ended_children(void)
{
    sigset_t set = child_signal();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

void cspawn_note_ended_children(int descriptor)
{
    // A signal that is pending does not come twice, so there is one at most.
    struct signalfd_siginfo info;
    while (read(descriptor, &info, sizeof info) < 0 && errno == EINTR) {}
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
    if (!pthread_equal(pthread_self(), first_thread))
        return 1;
    return waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | WNOWAIT | __WNOTHREAD) == 0 || errno != ECHILD;
}

bool cspawn_has_ended(pid_t child)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}

static int local_address(const char *path, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) < sizeof address->sun_path) {
        strcpy(address->sun_path, path);
        return 0;
    }
    errno = ENAMETOOLONG;
    return -1;
}

static int local_socket(void) {
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int closed_with_errno(int descriptor) {
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

int cspawn_listen(const char *path) {
    struct sockaddr_un address;
    if (local_address(path, &address) != 0) return -1;
    int listener = local_socket();
    if (listener < 0) return -1;
    // The name gets the mode that the socket has before it is bound: there is no moment in which others may
    // connect.
    if (fchmod(listener, S_IRUSR | S_IWUSR) != 0
        || bind(listener, (struct sockaddr *)&address, sizeof address) != 0
        || listen(listener, 64) != 0)
        return closed_with_errno(listener);
    return listener;
}

int cspawn_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int cspawn_connect(const char *path) {
    struct sockaddr_un address;
    if (local_address(path, &address) != 0) return -1;
    int connection = local_socket();
    if (connection < 0) return -1;
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
        return closed_with_errno(connection);
    return connection;
}

int cspawn_peer(int connection, uid_t *user, pid_t *process) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
    *user = peer.uid;
    *process = peer.pid;
    return 0;
}
