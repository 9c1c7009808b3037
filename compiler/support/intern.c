/* intern.c: a hash table of names, open addressing, never more than half full.
 * The hash is FNV-1a; the order of names is never observable, so nothing depends on it. */
#include "support/intern.h"

#include <stdint.h>
#include <string.h>

typedef struct Slot {
    const char *name;
    size_t length;
    uint32_t hash;
} Slot;

struct Intern {
    Arena *arena;
    Slot *slot;
    size_t slots, used; /* slots is a power of two */
};

Intern *intern_new(Arena *arena)
{
    Intern *table = arena_make(arena, Intern);
    table->arena = arena;
    table->slots = 256;
    table->slot = arena_array(arena, Slot, table->slots);
    return table;
}

static uint32_t hash_bytes(const char *text, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

/* The slot that holds the name, or the empty one where it belongs. */
static Slot *find_slot(const Intern *table, const char *text, size_t length, uint32_t hash)
{
    size_t i = hash & (table->slots - 1);
    for (;; i = (i + 1) & (table->slots - 1)) {
        Slot *slot = &table->slot[i];
        if (slot->name == NULL)
            return slot;
        if (slot->hash == hash && slot->length == length && memcmp(slot->name, text, length) == 0)
            return slot;
    }
}

static void widen(Intern *table)
{
    const Slot *old = table->slot;
    const size_t count = table->slots;
    table->slots = count * 2;
    table->slot = arena_array(table->arena, Slot, table->slots);
    for (size_t i = 0; i < count; i++)
        if (old[i].name != NULL)
            *find_slot(table, old[i].name, old[i].length, old[i].hash) = old[i];
}

const char *intern(Intern *table, const char *text, size_t length)
{
    const uint32_t hash = hash_bytes(text, length);
    Slot *slot = find_slot(table, text, length, hash);
    if (slot->name != NULL)
        return slot->name;
    *slot = (Slot){arena_copy(table->arena, text, length), length, hash};
    const char *name = slot->name;
    if (++table->used * 2 > table->slots)
        widen(table);
    return name;
}

const char *intern_z(Intern *table, const char *text)
{
    return intern(table, text, strlen(text));
}
