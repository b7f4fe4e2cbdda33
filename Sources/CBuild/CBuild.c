#include "CBuild.h"

#ifndef QUIRE_BUILD
#define QUIRE_BUILD "development"
#endif

const char *cbuild_description(void) { return QUIRE_BUILD; }
