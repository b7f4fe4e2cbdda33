// The modes of a terminal, and their restoration by handlers of signals, which may do little.
#define _GNU_SOURCE
#include "CTerminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

long cterminal_modes(int descriptor, uint8_t bytes[CTERMINAL_MODES]) {
    struct termios modes;
    _Static_assert(sizeof modes <= CTERMINAL_MODES, "the modes have no room");
    memset(&modes, 0, sizeof modes);
    if (tcgetattr(descriptor, &modes) != 0) return -1;
    memcpy(bytes, &modes, sizeof modes);
    return (long)sizeof modes;
}

bool cterminal_set_modes(int descriptor, const uint8_t *bytes, size_t size) {
    struct termios modes;
    if (size != sizeof modes) {
        errno = EINVAL;
        return false;
    }
    memcpy(&modes, bytes, sizeof modes);
    return tcsetattr(descriptor, TCSANOW, &modes) == 0;
}

bool cterminal_set_keys(int descriptor) {
    struct termios modes;
    if (tcgetattr(descriptor, &modes) != 0) return false;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
    modes.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    return tcsetattr(descriptor, TCSANOW, &modes) == 0;
}

bool cterminal_has_lines(int descriptor) {
    struct termios modes;
    if (tcgetattr(descriptor, &modes) != 0) return true;
    return (modes.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

bool cterminal_is_foreground(int descriptor) {
    pid_t group = tcgetpgrp(descriptor);
    return group < 0 || group == getpgrp();
}

static const int deaths[] = {
    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS,
};
enum { DEATHS = sizeof deaths / sizeof *deaths };

static struct sigaction before[DEATHS];
static volatile sig_atomic_t is_guarded;
static int guarded_descriptor;
static uint8_t guarded_modes[CTERMINAL_MODES];
static size_t guarded_size;
static const char *guarded_text;

// Runs in a signal's handler, too.
static void restore(void) {
    if (!is_guarded) return;
    is_guarded = 0;
    int error = errno;
    ssize_t written = write(guarded_descriptor, guarded_text, strlen(guarded_text));
    (void)written;
    cterminal_set_modes(guarded_descriptor, guarded_modes, guarded_size);
    errno = error;
}

static void die(int number) {
    restore();
    for (int place = 0; place < DEATHS; place++) {
        if (deaths[place] == number) sigaction(number, &before[place], NULL);
    }
    // It comes once this handler has returned.
    raise(number);
}

void cterminal_guard(int descriptor, const uint8_t *modes, size_t size, const char *text) {
    static uint8_t stack[64 * 1024];
    static bool is_prepared;
    if (!is_prepared) {
        is_prepared = true;
        // A stack that has overflowed has no room for a handler.
        stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
        sigaltstack(&alternate, NULL);
        atexit(restore);
    }
    guarded_descriptor = descriptor;
    memcpy(guarded_modes, modes, size);
    guarded_size = size;
    guarded_text = text;
    is_guarded = 1;
    for (int place = 0; place < DEATHS; place++) {
        struct sigaction action = {.sa_handler = die, .sa_flags = SA_ONSTACK};
        sigemptyset(&action.sa_mask);
        sigaction(deaths[place], NULL, &before[place]);
        // Who handles a signal, or ignores it, does not die of it.
        if (before[place].sa_handler == SIG_DFL && !(before[place].sa_flags & SA_SIGINFO)) {
            sigaction(deaths[place], &action, NULL);
        }
    }
}

void cterminal_unguard(void) {
    is_guarded = 0;
    for (int place = 0; place < DEATHS; place++) {
        struct sigaction now;
        sigaction(deaths[place], NULL, &now);
        // Others may have taken the signal since.
        if (now.sa_handler == die) sigaction(deaths[place], &before[place], NULL);
    }
}

void cterminal_stop(void) {
    struct sigaction before, usual = {.sa_handler = SIG_DFL};
    sigemptyset(&usual.sa_mask);
    if (sigaction(SIGTSTP, &usual, &before) != 0) return;
    raise(SIGTSTP);
    sigaction(SIGTSTP, &before, NULL);
}
