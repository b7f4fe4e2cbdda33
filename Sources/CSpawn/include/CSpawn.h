#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What a child is made of. Everything is borrowed for the call.
struct cspawn_request {
    const char *executable;      ///< A path; not looked up in PATH.
    char *const *arguments;      ///< argv, ended by NULL.
    char *const *environment;    ///< "NAME=value", ended by NULL.
    const char *directory;       ///< The child's working directory.
    int input, output, error;    ///< The child's descriptors 0, 1 and 2; close-on-exec.
    uint64_t label;              ///< See cspawn_label; 0 for none.
};

/// Where a child that never came to life stopped.
enum cspawn_step {
    CSPAWN_STARTED = 0,
    CSPAWN_FORK,
    CSPAWN_PARENT_GONE,
    CSPAWN_DESCRIPTORS,
    CSPAWN_DIRECTORY,
    CSPAWN_EXEC,
};

/// What came of a request.
struct cspawn_result {
    pid_t pid;               ///< The child; also its session and process group.
    enum cspawn_step step;   ///< CSPAWN_STARTED, or what failed.
    int error;               ///< The errno of what failed.
    uint64_t start;          ///< When it started, in clock ticks after boot; 0 where the clock can't tell.
};

/// Starts a child in a session of its own, with no descriptor but its three, and with the signal
/// mask, the ignored signals and the soft limit on descriptors that this process was started with.
///
/// The child is killed when the calling *thread* ends (PR_SET_PDEATHSIG): call it from a thread
/// that lives as long as the process. The caller waits for the exec, not for a copy of its memory.
///
/// A child that was started is a newborn until cspawn_has_owner: whoever reaps what has ended leaves
/// it alone, and can, since its number is known before it runs.
struct cspawn_result cspawn(const struct cspawn_request *request);

/// True for a child of cspawn, from before it runs, until cspawn_has_owner is called with its number
/// or the call has reported that it could not be started.
bool cspawn_is_newborn(pid_t pid);

/// Notes that the child's owner is known, who reaps it. Once for each child that was started.
void cspawn_has_owner(pid_t pid);

/// Reaps a child of cspawn that has no owner, if it has ended; true if it did, with its wait status.
/// The child is a newborn until then. For those who wait for a child themselves.
bool cspawn_reap(pid_t pid, int *status);

/// A descriptor that becomes readable when the process ends; -1 and errno where there is none.
int cspawn_pidfd_open(pid_t pid);

/// The label of a process, which it and all its descendants inherit from a child that was started
/// with one, whatever they do to their environment, parents and sessions; 0 for none.
///
/// It is kept where every process has a number that nothing uses: the soft limit RLIMIT_LOCKS, which
/// Linux has not enforced since 2.4.25 (getrlimit(2)) and which is unlimited otherwise.
uint64_t cspawn_label(pid_t pid);

/// Sends a signal to the process that a descriptor stands for; 0, or -1 and errno.
int cspawn_pidfd_signal(int pidfd, int number);

/// An anonymous file in memory, close-on-exec; -1 and errno where there is none.
int cspawn_memory_file(const char *name);

/// A descriptor that can be neither read nor written (EBADF); -1 and errno where there is none.
int cspawn_unusable_descriptor(void);

/// A pipe, close-on-exec, whose ends block; 0, or -1 and errno.
int cspawn_pipe(int descriptors[2]);

/// Lets a pipe hold so many bytes; -1 where the system refuses (pipe(7), `pipe-user-pages-soft`).
int cspawn_widen_pipe(int descriptor, int size);

/// Makes this process the parent of orphaned descendants; 0, or -1 and errno.
int cspawn_become_subreaper(void);

/// A descriptor that becomes readable when children have ended, and does not block; -1 and errno.
///
/// It reads SIGCHLD, which the calling thread blocks from now on. Other threads must block it, too:
/// those that begin after cspawn_take_charge do.
int cspawn_ended_children(void);

/// Has a descriptor of cspawn_ended_children wait for the children that end from now on.
void cspawn_note_ended_children(int descriptor);

/// A child that has ended and is not reaped yet, whoever started it; 0 for none.
pid_t cspawn_next_ended_child(void);

/// Whether the process's first thread, which orphans come to, may have children: 0 only when it has
/// none, seen at one instant. Only that thread can tell; others are told 1.
int cspawn_may_have_orphans(void);

/// Whether this child has ended and is not reaped yet.
bool cspawn_has_ended(pid_t child);

/// Ignores a signal in this process; children are started with it as this process was.
void cspawn_ignore(int number);

/// Frees this process from what its caller left it with: no signal is blocked any more but SIGCHLD,
/// which is read, and children and requests to end (SIGCHLD, SIGTERM) are not ignored. For main,
/// before there are other threads.
///
/// What people ignore on purpose stays ignored: SIGHUP (nohup), and SIGINT and SIGQUIT (a shell's &).
void cspawn_take_charge(void);

/// This program's own arguments, the name first: Swift reads its from /proc.
char **cspawn_arguments(int *count);

/// A socket that listens at a path, close-on-exec, which does not block, and which this user alone may
/// connect to; -1 and errno: EADDRINUSE where anything has the name, even a link that leads nowhere.
int cspawn_listen(const char *path);

/// The next connection to a socket that listens, close-on-exec, which does not block; -1 and errno.
int cspawn_accept(int listener);

/// A connection to the socket at a path, close-on-exec, which does not block; -1 and errno: EAGAIN while
/// too many others wait to be accepted.
int cspawn_connect(const char *path);

/// The user and the process at the other end of a connection when it was made (SO_PEERCRED, unix(7)); 0,
/// or -1 and errno. The process is 0 where this one can't see it.
int cspawn_peer(int connection, uid_t *user, pid_t *process);
