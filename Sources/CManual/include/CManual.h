#ifndef CMANUAL_H
#define CMANUAL_H

#include <stddef.h>

/// A topic of the manual, as it lies in Sources/quire/Manual.
struct cmanual_topic {
    /// The name of its file without ".md".
    const char *name;
    /// The Markdown in UTF-8, without a zero at its end.
    const unsigned char *text;
    size_t size;
};

/// The number of topics.
size_t cmanual_count(void);

/// A topic, by its place in the order in which the manual lists them: from 0, below the count.
struct cmanual_topic cmanual_topic(size_t place);

#endif
