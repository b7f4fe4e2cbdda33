// The skills' files, taken into the program when it is compiled, as the manual's texts are.
#include "CManual.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char autonomous_skill[] = {
#embed "../quire/Plugin/skills/autonomous-skill/SKILL.md"
};
static const unsigned char run_session[] = {
#embed "../quire/Plugin/skills/autonomous-skill/scripts/run-session.sh"
};
static const unsigned char quire_skill[] = {
#embed "../quire/Plugin/skills/quire/SKILL.md"
};

#define FILE(skill, path, text) {skill, path, text, sizeof text}

static const struct cmanual_file files[] = {
    FILE("autonomous-skill", "SKILL.md", autonomous_skill),
    FILE("autonomous-skill", "scripts/run-session.sh", run_session),
    FILE("quire", "SKILL.md", quire_skill),
};

size_t cmanual_file_count(void) { return sizeof files / sizeof *files; }

struct cmanual_file cmanual_file(size_t place) { return files[place]; }
