#ifndef CBUILD_H
#define CBUILD_H

/// Describes the build, "commit 8e377bb10ab2" for example, as the environment variable QUIRE_BUILD said when
/// Package.swift was read; "development" where it said nothing. Never freed.
const char *cbuild_description(void);

#endif
