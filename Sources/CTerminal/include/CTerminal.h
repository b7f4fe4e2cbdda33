#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The largest size of a terminal's modes, in bytes.
#define CTERMINAL_MODES 128

/// Copies the modes of a terminal (termios(3)) into `bytes`; returns their size, or -1 and errno.
long cterminal_modes(int descriptor, uint8_t bytes[CTERMINAL_MODES]);

/// Gives a terminal modes that were copied from it; false, and errno, where they are none.
///
/// Waits for no output.
bool cterminal_set_modes(int descriptor, const uint8_t *bytes, size_t size);

/// Has a terminal send each key at once and echo nothing; signals and flow control stay as they are.
bool cterminal_set_keys(int descriptor);

/// Whether a terminal sends whole lines and echoes them, as programs expect to find it.
bool cterminal_has_lines(int descriptor);

/// Whether this process may use a terminal now: it is in its foreground, or not under its control.
bool cterminal_is_foreground(int descriptor);

/// Has every death of this process that can be caught give a terminal these modes and this text.
///
/// The text is kept, not copied. One terminal at a time.
void cterminal_guard(int descriptor, const uint8_t *modes, size_t size, const char *text);

/// Ends the guard: what handled the signals before does again.
void cterminal_unguard(void);

/// Stops this process as Ctrl-Z does by default, and returns when it goes on.
///
/// Returns at once where nobody could continue it (an orphaned process group).
void cterminal_stop(void);
