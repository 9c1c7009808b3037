/* tensors_header.c: the text of a safetensors header to tables. A reader of exactly the JSON that the format needs, so
 * nesting is bounded by the grammar and there is no recursion:
 *   header   = "{" [ entry { "," entry } ] "}" { " " }
 *   entry    = string ":" ( tensor | metadata )         metadata only under the name __metadata__, once
 *   tensor   = "{" member "," member "," member "}"     dtype, shape, data_offsets, each once, in any order
 *   metadata = "{" [ string ":" string { "," string ":" string } ] "}"
 * Rules of sizes and ranges follow in tensors_open.c. */
#include <stdlib.h>
#include <string.h>

#include "tensors_file.h"
#include "utf8.h"

static const int64_t integer_bound = INT64_C(1) << 53;

typedef struct Reader {
    const unsigned char *start, *at, *end;
    rnn_tensors *file;
    int32_t flags;
    rnn_error *err;
} Reader;

static rnn_status bad(const Reader *r, const char *what)
{
    return rnn_error_set(r->err, RNN_FORMAT, "'%s' is not a valid file of tensors: header, byte %ld: %s", r->file->path,
                         (long)(r->at - r->start), what);
}

static void skip_space(Reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) {
        r->at++;
    }
}

/* Takes `c` after white space: 1; else 0 and nothing is taken. */
static int take(Reader *r, unsigned char c)
{
    skip_space(r);
    if (r->at >= r->end || *r->at != c) {
        return 0;
    }
    r->at++;
    return 1;
}

/* Four hexadecimal digits; -1 when they are not there. */
static int32_t read_hex4(Reader *r)
{
    int32_t value = 0;
    int i;
    if (r->end - r->at < 4) {
        return -1;
    }
    for (i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *found = *r->at != 0 ? strchr(digits, *r->at) : NULL;
        if (found == NULL) {
            return -1;
        }
        r->at++;
        value = value * 16 + (int32_t)(found - digits < 16 ? found - digits : found - digits - 6);
    }
    return value;
}

/* After "\u": a scalar value other than NUL, from one unit or a surrogate pair. */
static rnn_status read_unicode_escape(Reader *r)
{
    int32_t code = read_hex4(r), low;
    if (code >= 0xD800 && code <= 0xDBFF && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u') {
        r->at += 2;
        low = read_hex4(r);
        code = low >= 0xDC00 && low <= 0xDFFF ? 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00) : -1;
    }
    if (code <= 0 || (code >= 0xD800 && code <= 0xDFFF)) {
        return bad(r, "malformed \\u escape");
    }
    r->file->strings_used += rnn_utf8_encode((uint32_t)code, r->file->strings + r->file->strings_used);
    return RNN_OK;
}

static rnn_status read_escape(Reader *r, int is_value)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found;
    int c = r->at < r->end ? *r->at++ : 0;
    if (is_value && c == 'u') {
        return read_unicode_escape(r);
    }
    found = c == 0 ? NULL : strchr(from, c);
    if (found == NULL || (!is_value && c != '"' && c != '\\')) {
        return bad(r, "this escape is not allowed here");
    }
    r->file->strings[r->file->strings_used++] = to[found - from];
    return RNN_OK;
}

/* A string, unescaped into file->strings. An escape is never longer than what it stands for, and the quotes leave
 * room for the NUL, so the strings fit into as many bytes as the header has. */
static rnn_status read_string(Reader *r, int is_value, const char **text)
{
    *text = r->file->strings + r->file->strings_used;
    if (!take(r, '"')) {
        return bad(r, "a string was expected");
    }
    for (;;) {
        unsigned char c;
        if (r->at >= r->end) {
            return bad(r, "a string has no end");
        }
        c = *r->at++;
        if (c == '"') {
            r->file->strings[r->file->strings_used++] = '\0';
            return RNN_OK;
        }
        if (c < 0x20 || c == 0x7F) {
            return bad(r, "a control character in a string");
        }
        if (c == '\\') {
            rnn_status status = read_escape(r, is_value);
            if (status != RNN_OK) {
                return status;
            }
        } else {
            r->file->strings[r->file->strings_used++] = (char)c;
        }
    }
}

/* Digits only, no leading zero, below 2^53. */
static rnn_status read_integer(Reader *r, int64_t *value)
{
    const unsigned char *first;
    skip_space(r);
    first = r->at;
    *value = 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        *value = *value * 10 + (*r->at++ - '0');
        if (*value >= integer_bound) {
            return bad(r, "an integer of 2^53 or more");
        }
    }
    if (r->at == first) {
        return bad(r, "an integer without sign was expected");
    }
    if (*first == '0' && r->at - first > 1) {
        return bad(r, "an integer with a leading zero");
    }
    if (r->at < r->end && (*r->at == '.' || *r->at == 'e' || *r->at == 'E')) {
        return bad(r, "an integer with a fraction or an exponent");
    }
    return RNN_OK;
}

/* "[" up to `most` integers "]" */
static rnn_status read_integers(Reader *r, int32_t most, int64_t *values, int32_t *count)
{
    *count = 0;
    if (!take(r, '[')) {
        return bad(r, "'[' was expected");
    }
    if (take(r, ']')) {
        return RNN_OK;
    }
    do {
        rnn_status status;
        if (*count >= most) {
            return bad(r, "too many dimensions or offsets");
        }
        status = read_integer(r, &values[(*count)++]);
        if (status != RNN_OK) {
            return status;
        }
    } while (take(r, ','));
    return take(r, ']') ? RNN_OK : bad(r, "']' or ',' was expected");
}

static rnn_status read_dtype(Reader *r, rnn_tensor_info *info)
{
    const char *name;
    int32_t most = (r->flags & RNN_TENSORS_WINDOW) != 0 ? RNN_I64 : RNN_BF16;
    rnn_status status = read_string(r, 0, &name);
    if (status != RNN_OK) {
        return status;
    }
    for (info->dtype = 0; info->dtype <= most; info->dtype++) {
        if (strcmp(name, rnn_dtype_name(info->dtype)) == 0) {
            return RNN_OK;
        }
    }
    return bad(r, most == RNN_BF16 ? "dtype is none of F64, F32, F16, BF16"
                                   : "dtype is none of F64, F32, F16, BF16, I32, I64");
}

static rnn_status read_shape(Reader *r, rnn_tensor_info *info)
{
    int32_t i;
    for (i = 0; i < RNN_TENSOR_RANK_MAX; i++) {
        info->dim[i] = 1;
    }
    return read_integers(r, (r->flags & RNN_TENSORS_WINDOW) != 0 ? RNN_TENSOR_RANK_MAX : 2, info->dim, &info->rank);
}

/* Leaves the end of the range in info->count until the sizes are checked. */
static rnn_status read_offsets(Reader *r, rnn_tensor_info *info)
{
    int64_t range[2] = {0, 0};
    int32_t count;
    rnn_status status = read_integers(r, 2, range, &count);
    if (status != RNN_OK) {
        return status;
    }
    if (count != 2 || range[0] > range[1]) {
        return bad(r, "data_offsets is not a begin and an end");
    }
    info->begin = range[0];
    info->count = range[1];
    return RNN_OK;
}

static rnn_status read_tensor(Reader *r, rnn_tensor_info *info)
{
    static const struct {
        const char *name;
        rnn_status (*read)(Reader *, rnn_tensor_info *);
    } members[3] = {{"dtype", read_dtype}, {"shape", read_shape}, {"data_offsets", read_offsets}};
    unsigned seen = 0;
    int i, k;
    for (i = 0; i < 3; i++) {
        const char *key;
        rnn_status status;
        if (!take(r, i == 0 ? '{' : ',')) {
            return bad(r, "a tensor has exactly dtype, shape and data_offsets");
        }
        status = read_string(r, 0, &key);
        if (status != RNN_OK) {
            return status;
        }
        for (k = 0; k < 3 && strcmp(key, members[k].name) != 0; k++) {
        }
        if (k == 3 || (seen & 1U << k) != 0 || !take(r, ':')) {
            return bad(r, "a tensor has exactly dtype, shape and data_offsets");
        }
        seen |= 1U << k;
        status = members[k].read(r, info);
        if (status != RNN_OK) {
            return status;
        }
    }
    return take(r, '}') ? RNN_OK : bad(r, "a tensor has exactly dtype, shape and data_offsets");
}

/* Room for one element more; NULL when there is no memory. */
static void *grow(void *array, int32_t count, int32_t *capacity, size_t element)
{
    void *bigger;
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity == 0 ? 64 : *capacity * 2; /* at most the bytes of the header: no overflow */
    bigger = realloc(array, (size_t)*capacity * element);
    return bigger;
}

static rnn_status read_metadata(Reader *r)
{
    rnn_tensors *file = r->file;
    if (!take(r, '{')) {
        return bad(r, "__metadata__ is not an object");
    }
    if (take(r, '}')) {
        return RNN_OK;
    }
    do {
        rnn_status status;
        rnn_meta *bigger = grow(file->meta, file->metas, &file->meta_capacity, sizeof *file->meta);
        if (bigger == NULL) {
            return rnn_error_set(r->err, RNN_MEMORY, "no memory for the header of '%s'", file->path);
        }
        file->meta = bigger;
        status = read_string(r, 0, &bigger[file->metas].key);
        if (status == RNN_OK && !take(r, ':')) {
            status = bad(r, "':' was expected");
        }
        if (status == RNN_OK) {
            status = read_string(r, 1, &bigger[file->metas].value);
        }
        if (status != RNN_OK) {
            return status;
        }
        file->metas++;
    } while (take(r, ','));
    return take(r, '}') ? RNN_OK : bad(r, "'}' or ',' was expected");
}

static rnn_status read_entry(Reader *r, int *has_metadata)
{
    rnn_tensors *file = r->file;
    const char *name;
    rnn_tensor_info *bigger;
    rnn_status status = read_string(r, 0, &name);
    if (status != RNN_OK) {
        return status;
    }
    if (name[0] == '\0' || !take(r, ':')) {
        return bad(r, name[0] == '\0' ? "an empty name" : "':' was expected");
    }
    if (strcmp(name, "__metadata__") == 0) {
        if (*has_metadata) {
            return bad(r, "__metadata__ stands there twice");
        }
        *has_metadata = 1;
        return read_metadata(r);
    }
    bigger = grow(file->info, file->count, &file->info_capacity, sizeof *file->info);
    if (bigger == NULL) {
        return rnn_error_set(r->err, RNN_MEMORY, "no memory for the header of '%s'", file->path);
    }
    file->info = bigger;
    bigger[file->count].name = name;
    status = read_tensor(r, &bigger[file->count]);
    file->count += status == RNN_OK;
    return status;
}

rnn_status rnn_tensors_parse(rnn_tensors *file, const unsigned char *header, size_t count, int32_t flags,
                             rnn_error *err)
{
    Reader reader, *r = &reader;
    int has_metadata = 0;
    reader.start = reader.at = header;
    reader.end = header + count;
    reader.file = file;
    reader.flags = flags;
    reader.err = err;
    if (header[0] != '{') {
        return bad(r, "it does not start with '{'");
    }
    if (!rnn_utf8_valid(header, count)) {
        return bad(r, "it is not UTF-8");
    }
    r->at++;
    if (!take(r, '}')) {
        do {
            rnn_status status = read_entry(r, &has_metadata);
            if (status != RNN_OK) {
                return status;
            }
        } while (take(r, ','));
        if (!take(r, '}')) {
            return bad(r, "'}' or ',' was expected");
        }
    }
    for (; r->at < r->end; r->at++) {
        if (*r->at != ' ') {
            return bad(r, "something other than spaces after the end of the object");
        }
    }
    return RNN_OK;
}
