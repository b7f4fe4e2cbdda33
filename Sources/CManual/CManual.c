// The manual's texts, taken into the program when it is compiled: it has no files to find at run time.
#include "CManual.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char start[] = {
#embed "../quire/Manual/start.md"
};
static const unsigned char commands[] = {
#embed "../quire/Manual/commands.md"
};
static const unsigned char manifest[] = {
#embed "../quire/Manual/manifest.md"
};
static const unsigned char outcomes[] = {
#embed "../quire/Manual/outcomes.md"
};
static const unsigned char checklists[] = {
#embed "../quire/Manual/checklists.md"
};
static const unsigned char trees[] = {
#embed "../quire/Manual/trees.md"
};
static const unsigned char checks[] = {
#embed "../quire/Manual/checks.md"
};
static const unsigned char hooks[] = {
#embed "../quire/Manual/hooks.md"
};
static const unsigned char limits[] = {
#embed "../quire/Manual/limits.md"
};
static const unsigned char budgets[] = {
#embed "../quire/Manual/budgets.md"
};
static const unsigned char scheduling[] = {
#embed "../quire/Manual/scheduling.md"
};
static const unsigned char simulate[] = {
#embed "../quire/Manual/simulate.md"
};
static const unsigned char launchers[] = {
#embed "../quire/Manual/launchers.md"
};
static const unsigned char codex[] = {
#embed "../quire/Manual/codex.md"
};
static const unsigned char skill[] = {
#embed "../quire/Manual/skill.md"
};
static const unsigned char ci[] = {
#embed "../quire/Manual/ci.md"
};
static const unsigned char signals[] = {
#embed "../quire/Manual/signals.md"
};
static const unsigned char control[] = {
#embed "../quire/Manual/control.md"
};
static const unsigned char exit_status[] = {
#embed "../quire/Manual/exit-status.md"
};
static const unsigned char watch[] = {
#embed "../quire/Manual/watch.md"
};
static const unsigned char files[] = {
#embed "../quire/Manual/files.md"
};
static const unsigned char variables[] = {
#embed "../quire/Manual/variables.md"
};
static const unsigned char security[] = {
#embed "../quire/Manual/security.md"
};
static const unsigned char trust[] = {
#embed "../quire/Manual/trust.md"
};
static const unsigned char cost[] = {
#embed "../quire/Manual/cost.md"
};
static const unsigned char glossary[] = {
#embed "../quire/Manual/glossary.md"
};

#define TOPIC(name, text) {name, text, sizeof text}

static const struct cmanual_topic topics[] = {
    TOPIC("start", start),
    TOPIC("commands", commands),
    TOPIC("manifest", manifest),
    TOPIC("outcomes", outcomes),
    TOPIC("checklists", checklists),
    TOPIC("trees", trees),
    TOPIC("checks", checks),
    TOPIC("hooks", hooks),
    TOPIC("limits", limits),
    TOPIC("budgets", budgets),
    TOPIC("scheduling", scheduling),
    TOPIC("simulate", simulate),
    TOPIC("launchers", launchers),
    TOPIC("codex", codex),
    TOPIC("skill", skill),
    TOPIC("ci", ci),
    TOPIC("watch", watch),
    TOPIC("signals", signals),
    TOPIC("control", control),
    TOPIC("exit-status", exit_status),
    TOPIC("files", files),
    TOPIC("variables", variables),
    TOPIC("security", security),
    TOPIC("trust", trust),
    TOPIC("cost", cost),
    TOPIC("glossary", glossary),
};

size_t cmanual_count(void) { return sizeof topics / sizeof *topics; }

struct cmanual_topic cmanual_topic(size_t place) { return topics[place]; }
