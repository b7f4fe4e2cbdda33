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

/// A file of a skill, as it lies in Sources/quire/Plugin/skills.
struct cmanual_file {
    /// The skill's name.
    const char *skill;
    /// The path in the skill's directory.
    const char *path;
    /// The text in UTF-8, without a zero at its end.
    const unsigned char *text;
    size_t size;
};

/// The number of files of all skills.
size_t cmanual_file_count(void);

/// A file of a skill, by its place: from 0, below the count. The files of a skill follow each other.
struct cmanual_file cmanual_file(size_t place);

#endif
