/* checkpoint_file.c: see checkpoint_file.h. Reading allocates nothing that depends on the file: it is verified through
 * a buffer of fixed size, and its sections are read into memory whose size the caller knows from the model. */
#include <stdlib.h>
#include <string.h>

#include "../io/file_io.h"
#include "checkpoint_file.h"

enum { HEADER_BYTES = 64, SECTION_BYTES = 24, PIECE_BYTES = 65536, VERSION = 1 };
static const char magic[8] = {'R', 'N', 'N', 'C', 'K', 'P', 'T', '\n'};

/* ---- Numbers and hashes ---- */

static void put_number(unsigned char *to, uint64_t value, int bytes)
{
    int i;
    for (i = 0; i < bytes; i++) {
        to[i] = (unsigned char)(value >> 8 * i & 255U);
    }
}

static uint64_t get_number(const unsigned char *from, int bytes)
{
    uint64_t value = 0;
    int i;
    for (i = 0; i < bytes; i++) {
        value |= (uint64_t)from[i] << 8 * i;
    }
    return value;
}

/* 1: little-endian, 2: big-endian. */
static uint32_t host_order(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1 ? 1 : 2;
}

/* Hash of data in pieces of PIECE_BYTES, so that it can be computed while it passes through a buffer. */
static uint64_t hash_pieces(uint64_t hash, const void *data, uint64_t bytes)
{
    const unsigned char *at = data;
    while (bytes > 0) {
        size_t n = bytes < PIECE_BYTES ? (size_t)bytes : PIECE_BYTES;
        hash = rnn_hash64(hash, at, n);
        at += n;
        bytes -= n;
    }
    return hash;
}

/* ---- Reading ---- */

typedef struct Verifier {
    int descriptor;
    const char *path;
    int64_t at, end; /* end: where the last hash begins */
    uint64_t whole;
    rnn_error *err;
    unsigned char buffer[PIECE_BYTES];
} Verifier;

static rnn_status damaged(const Verifier *v, const char *what)
{
    return rnn_error_set(v->err, RNN_FORMAT, "'%s' is not a whole checkpoint: %s", v->path, what);
}

/* The next `count` bytes into the buffer and the hash of the whole. */
static rnn_status next(Verifier *v, size_t count)
{
    rnn_status status;
    if ((int64_t)count > v->end - v->at) {
        return damaged(v, "it ends too early");
    }
    status = rnn_io_read_at(v->descriptor, v->path, v->at, v->buffer, count, v->err);
    if (status == RNN_OK) {
        v->whole = rnn_hash64(v->whole, v->buffer, count);
        v->at += (int64_t)count;
    }
    return status;
}

static rnn_status verify_header(Verifier *v, rnn_checkpoint *file)
{
    rnn_status status = next(v, HEADER_BYTES);
    const unsigned char *b = v->buffer;
    if (status != RNN_OK) {
        return status;
    }
    if (memcmp(b, magic, sizeof magic) != 0) {
        return damaged(v, "it does not begin like one");
    }
    if (get_number(b + 56, 8) != rnn_hash64(0, b, HEADER_BYTES - 8)) {
        return damaged(v, "its header is damaged");
    }
    if (get_number(b + 8, 4) != VERSION || get_number(b + 16, 4) != host_order()) {
        return rnn_error_set(v->err, RNN_VERSION, "'%s' is a checkpoint of another version or another kind of machine",
                             v->path);
    }
    file->real_bytes = (uint32_t)get_number(b + 12, 4);
    file->count = (uint32_t)get_number(b + 20, 4);
    file->layout_hash = get_number(b + 24, 8);
    file->params_hash = get_number(b + 32, 8);
    file->fingerprint = get_number(b + 40, 8);
    if (file->count > RNN_SECTIONS_MAX || get_number(b + 48, 8) != (uint64_t)v->end + 8) {
        return damaged(v, "its length is not the one it was written with");
    }
    return RNN_OK;
}

static rnn_status verify_section(Verifier *v, rnn_section *section)
{
    uint64_t hash = 0, left;
    rnn_status status = next(v, SECTION_BYTES);
    if (status != RNN_OK) {
        return status;
    }
    section->id = (uint32_t)get_number(v->buffer, 4);
    section->bytes = get_number(v->buffer + 8, 8);
    section->hash = get_number(v->buffer + 16, 8);
    section->begin = v->at;
    if (get_number(v->buffer + 4, 4) != 0 || section->bytes > (uint64_t)(v->end - v->at)) {
        return damaged(v, "a section does not fit into it");
    }
    for (left = section->bytes; left > 0;) {
        size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
        status = next(v, n);
        if (status != RNN_OK) {
            return status;
        }
        hash = rnn_hash64(hash, v->buffer, n);
        left -= n;
    }
    return hash == section->hash ? RNN_OK : damaged(v, "a section is damaged");
}

static rnn_status verify(Verifier *v, rnn_checkpoint *file)
{
    uint32_t i, k;
    rnn_status status = verify_header(v, file);
    if (status != RNN_OK) {
        return status;
    }
    for (i = 0; i < file->count; i++) {
        status = verify_section(v, &file->section[i]);
        if (status != RNN_OK) {
            return status;
        }
        for (k = 0; k < i; k++) {
            if (file->section[k].id == file->section[i].id) {
                return damaged(v, "a section stands there twice");
            }
        }
    }
    if (v->at != v->end) {
        return damaged(v, "there is something behind its last section");
    }
    status = rnn_io_read_at(v->descriptor, v->path, v->at, v->buffer, 8, v->err);
    if (status == RNN_OK && get_number(v->buffer, 8) != v->whole) {
        status = damaged(v, "its hash does not match");
    }
    return status;
}

rnn_status rnn_checkpoint_open(const char *path, rnn_checkpoint *file, rnn_error *err)
{
    Verifier *v;
    int64_t bytes = 0;
    rnn_status status;
    memset(file, 0, sizeof *file);
    file->descriptor = rnn_io_open(path, 0, &bytes, &status, err);
    if (file->descriptor < 0) {
        return status;
    }
    v = malloc(sizeof *v);
    if (v == NULL) {
        status = rnn_error_set(err, RNN_MEMORY, "no memory to read '%s'", path);
    } else {
        v->descriptor = file->descriptor;
        v->path = path;
        v->at = 0;
        v->end = bytes - 8;
        v->whole = 0;
        v->err = err;
        status = verify(v, file);
    }
    free(v);
    if (status != RNN_OK) {
        rnn_checkpoint_close(file);
    }
    return status;
}

void rnn_checkpoint_close(rnn_checkpoint *file)
{
    rnn_io_close(file->descriptor);
    file->descriptor = -1;
}

const rnn_section *rnn_checkpoint_find(const rnn_checkpoint *file, uint32_t id)
{
    uint32_t i;
    for (i = 0; i < file->count; i++) {
        if (file->section[i].id == id) {
            return &file->section[i];
        }
    }
    return NULL;
}

rnn_status rnn_checkpoint_read(const rnn_checkpoint *file, const char *path, const rnn_section *section, void *to,
                               rnn_error *err)
{
    rnn_status status = rnn_io_read_at(file->descriptor, path, section->begin, to, (size_t)section->bytes, err);
    if (status == RNN_OK && hash_pieces(0, to, section->bytes) != section->hash) {
        status = rnn_error_set(err, RNN_FORMAT, "'%s' changed while it was read", path);
    }
    return status;
}

/* ---- Writing ---- */

static rnn_status write_hashed(rnn_atomic *out, const void *data, uint64_t bytes, uint64_t *whole, rnn_error *err)
{
    *whole = hash_pieces(*whole, data, bytes);
    return rnn_atomic_write(out, data, (size_t)bytes, err);
}

static void make_header(const rnn_checkpoint *file, unsigned char *b)
{
    uint64_t bytes = HEADER_BYTES + 8;
    uint32_t i;
    for (i = 0; i < file->count; i++) {
        bytes += SECTION_BYTES + file->section[i].bytes;
    }
    memcpy(b, magic, sizeof magic);
    put_number(b + 8, VERSION, 4);
    put_number(b + 12, file->real_bytes, 4);
    put_number(b + 16, host_order(), 4);
    put_number(b + 20, file->count, 4);
    put_number(b + 24, file->layout_hash, 8);
    put_number(b + 32, file->params_hash, 8);
    put_number(b + 40, file->fingerprint, 8);
    put_number(b + 48, bytes, 8);
    put_number(b + 56, rnn_hash64(0, b, HEADER_BYTES - 8), 8);
}

static rnn_status write_all(rnn_atomic *out, const rnn_checkpoint *file, rnn_error *err)
{
    unsigned char b[HEADER_BYTES];
    uint64_t whole = 0;
    uint32_t i;
    rnn_status status;
    make_header(file, b);
    status = write_hashed(out, b, HEADER_BYTES, &whole, err);
    for (i = 0; i < file->count && status == RNN_OK; i++) {
        const rnn_section *section = &file->section[i];
        put_number(b, section->id, 8);
        put_number(b + 8, section->bytes, 8);
        put_number(b + 16, hash_pieces(0, section->data, section->bytes), 8);
        status = write_hashed(out, b, SECTION_BYTES, &whole, err);
        if (status == RNN_OK) {
            status = write_hashed(out, section->data, section->bytes, &whole, err);
        }
    }
    if (status == RNN_OK) {
        put_number(b, whole, 8);
        status = rnn_atomic_write(out, b, 8, err);
    }
    return status;
}

char *rnn_checkpoint_previous(const char *path)
{
    static const char suffix[] = ".prev";
    size_t n = strlen(path);
    char *name = malloc(n + sizeof suffix);
    if (name != NULL) {
        memcpy(name, path, n);
        memcpy(name + n, suffix, sizeof suffix);
    }
    return name;
}

/* A damaged file must not push a good one out of ".prev". */
static int is_worth_keeping(const char *path)
{
    rnn_checkpoint old;
    if (rnn_checkpoint_open(path, &old, NULL) != RNN_OK) {
        return 0;
    }
    rnn_checkpoint_close(&old);
    return 1;
}

rnn_status rnn_checkpoint_write(const char *path, rnn_checkpoint *file, rnn_error *err)
{
    rnn_atomic out;
    char *previous = rnn_checkpoint_previous(path);
    rnn_status status;
    if (previous == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", path);
    }
    status = rnn_atomic_begin(&out, path, err);
    if (status == RNN_OK) {
        status = write_all(&out, file, err);
    }
    if (status == RNN_OK) {
        status = rnn_atomic_commit(&out, is_worth_keeping(path) ? previous : NULL, err);
    }
    if (status == RNN_OK) {
        rnn_atomic_sweep(path);
    }
    free(previous);
    return status;
}
