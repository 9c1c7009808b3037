/* checkpoint_file.h: the file under a checkpoint: a header, sections of bytes, hashes. What the sections mean is in
 * checkpoint.c. All numbers are little-endian; arrays are as the host has them, and the header says which.
 *
 *   header   magic[8]  version u32  real_bytes u32  byte order u32  sections u32
 *            layout_hash u64  params_hash u64  fingerprint u64  file bytes u64  hash of the header so far u64
 *   section  id u32  0 u32  bytes u64  hash of the data u64  data
 *   end      hash of everything before u64 */
#ifndef RNN_TRAIN_CHECKPOINT_FILE_H
#define RNN_TRAIN_CHECKPOINT_FILE_H
#include "rnn/file.h"

enum { RNN_SECTIONS_MAX = 8 };

typedef struct rnn_section {
    uint32_t id;
    uint64_t bytes, hash;
    int64_t begin;    /* reading: its place in the file */
    const void *data; /* writing */
} rnn_section;

typedef struct rnn_checkpoint {
    uint32_t real_bytes, count;
    uint64_t layout_hash, params_hash, fingerprint;
    rnn_section section[RNN_SECTIONS_MAX];
    int descriptor; /* reading; -1: closed */
} rnn_checkpoint;

/* Opens and verifies all of it: every hash, sizes that add up to the file's. On success it stays open. */
rnn_status rnn_checkpoint_open(const char *path, rnn_checkpoint *file, rnn_error *err);
void rnn_checkpoint_close(rnn_checkpoint *file);
/* NULL when there is none of that id. */
const rnn_section *rnn_checkpoint_find(const rnn_checkpoint *file, uint32_t id);
/* The data of a section, its hash checked again on what was read. */
rnn_status rnn_checkpoint_read(const rnn_checkpoint *file, const char *path, const rnn_section *section, void *to,
                               rnn_error *err);
/* Writes it atomically. What stands at `path` becomes path + ".prev" if it verifies, else the present ".prev" stays. */
rnn_status rnn_checkpoint_write(const char *path, rnn_checkpoint *file, rnn_error *err);
/* path + ".prev" in new memory; NULL: no memory. */
char *rnn_checkpoint_previous(const char *path);

#endif
