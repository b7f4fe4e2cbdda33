#pragma once

#include <stddef.h>
#include <stdint.h>

/// The longest line that is looked at, without its newline, in bytes.
#define CSCAN_LONGEST_LINE (64 * 1024)

/// A part of a line, from its first byte to the one behind its last; both 0 for none.
struct cscan_part {
    uint32_t start, end;
};

/// What a line tells of a step of the work.
struct cscan_item {
    struct cscan_part id;         ///< The contents of `item.id`, if that is a string.
    struct cscan_part kind;       ///< The contents of `item.type`.
    struct cscan_part exit_code;  ///< `item.exit_code`, if that is a number.
};

/// Lines that were passed over.
struct cscan_items {
    size_t passed;            ///< Their bytes, newlines included.
    size_t count;             ///< How many.
    size_t newest_start;      ///< Where the last of them begins.
    struct cscan_item newest; ///< What that one tells; places count from its beginning.
};

/// Passes over the lines at the beginning of `bytes` that are for certain steps of the work: strict
/// JSON (RFC 8259), an object whose `type` is item.started, item.updated or item.completed, and
/// whose `item` is an object with a text as its `type`.
///
/// Where keys repeat, the last one counts. Stops at the first line that is anything else, that has
/// no newline yet, or that is left to a slower parser: with escapes in keys that could matter,
/// depth beyond 64, more than 64 KiB or more than 4,096 tokens. Reads no byte beyond `length`.
struct cscan_items cscan_items(const uint8_t *bytes, size_t length);

/// The same, without the instructions that not every processor has.
struct cscan_items cscan_items_portable(const uint8_t *bytes, size_t length);

/// The place of the first newline; `length` for none.
size_t cscan_newline(const uint8_t *bytes, size_t length);
