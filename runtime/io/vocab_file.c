/* vocab_file.c: the file of a vocabulary, one escaped token a line. A line is read by its meaning and must then be
 * exactly what would be written for that token, so each vocabulary has one file and nothing else is accepted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text_buffer.h"
#include "utf8.h"
#include "vocab.h"

enum { LINE_BYTES = 24, FILE_BYTES_MAX = LINE_BYTES * RNN_VOCAB_IDS_MAX };

/* Characters that an editor or terminal would not show as one: controls, separators of lines, the byte order mark. */
static int needs_escape(int64_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 || code == 0xFEFF;
}

static void format_token(int32_t unit, int64_t code, char line[LINE_BYTES])
{
    static const char plain[] = "\n\t\r\\", names[] = "ntr\\";
    const char *found = code > 0 && code < 0x80 ? strchr(plain, (int)code) : NULL;
    if (code < 0) {
        (void)snprintf(line, LINE_BYTES, "\\<%s>", code == -1 ? "" : rnn_special_name((int32_t)(-2 - code)));
    } else if (unit == RNN_UNIT_BYTE) {
        (void)snprintf(line, LINE_BYTES, "\\x%02x", (unsigned)code);
    } else if (found != NULL) {
        (void)snprintf(line, LINE_BYTES, "\\%c", names[found - plain]);
    } else if (needs_escape(code)) {
        (void)snprintf(line, LINE_BYTES, "\\u{%lx}", (unsigned long)code);
    } else {
        line[rnn_utf8_encode((uint32_t)code, line)] = '\0';
    }
}

rnn_status rnn_vocab_save(const rnn_vocab *vocab, const char *path, rnn_error *err)
{
    rnn_text text = {NULL, 0, 0, 0};
    char line[LINE_BYTES];
    int32_t i;
    rnn_status status;
    for (i = 0; i < vocab->size; i++) {
        format_token(vocab->unit, vocab->code[i], line);
        rnn_text_add(&text, line, strlen(line));
        rnn_text_add(&text, "\n", 1);
    }
    status = text.failed ? rnn_error_set(err, RNN_MEMORY, "no memory to write '%s'", path)
                         : rnn_file_write(path, text.bytes, text.count, err);
    free(text.bytes);
    return status;
}

/* ---- Reading ---- */

static int64_t read_special(const char *line)
{
    char name[LINE_BYTES];
    int32_t i;
    for (i = -1; i < RNN_SPECIALS; i++) {
        format_token(RNN_UNIT_CHAR, i < 0 ? -1 : -2 - i, name);
        if (strcmp(line, name) == 0) {
            return i < 0 ? -1 : -2 - i;
        }
    }
    return INT64_MIN;
}

/* What a line stands for; INT64_MIN when it is no token. *unit is RNN_UNIT_BYTE for \xHH. */
static int64_t read_token(const char *line, int32_t *unit)
{
    static const char plain[] = "\n\t\r\\", names[] = "ntr\\";
    size_t length = strlen(line);
    const char *found;
    uint32_t code;
    char *end;
    *unit = RNN_UNIT_CHAR;
    if (line[0] != '\\') {
        return length > 0 && rnn_utf8_decode((const unsigned char *)line, length, &code) == length ? (int64_t)code
                                                                                                   : INT64_MIN;
    }
    if (line[1] == '<') {
        return read_special(line);
    }
    if (line[1] == 'x') {
        *unit = RNN_UNIT_BYTE;
        return (int64_t)(strtoul(line + 2, &end, 16) & 255U);
    }
    if (line[1] == 'u' && line[2] == '{') {
        return (int64_t)(strtoul(line + 3, &end, 16) & 0x1FFFFFU);
    }
    found = line[1] != '\0' ? strchr(names, line[1]) : NULL;
    return found != NULL ? (int64_t)plain[found - names] : INT64_MIN;
}

static rnn_status bad_line(const char *path, int32_t line, const char *what, rnn_error *err)
{
    return rnn_error_set(err, RNN_FORMAT, "'%s' is not a vocabulary: line %d: %s", path, (int)line + 1, what);
}

/* The tokens, one a line; every line must be the canonical text of its token. */
static rnn_status read_lines(const char *path, char *text, rnn_vocab *vocab, rnn_error *err)
{
    char canonical[LINE_BYTES];
    int32_t i, unit, unit_known = 0;
    for (i = 0; i < vocab->size; i++) {
        char *end = strchr(text, '\n');
        int64_t code;
        *end = '\0';
        code = read_token(text, &unit);
        if (code == INT64_MIN) {
            return bad_line(path, i, "no token", err);
        }
        if (code >= 0) {
            if (unit_known && unit != vocab->unit) {
                return bad_line(path, i, "characters and bytes are mixed", err);
            }
            vocab->unit = unit;
            unit_known = 1;
        } else if (code <= -2) {
            if (vocab->special[-2 - code] >= 0) {
                return bad_line(path, i, "a reserved token for the second time", err);
            }
            vocab->special[-2 - code] = i;
        }
        if (code < RNN_CODES) {
            format_token(unit, code, canonical);
        }
        if (code >= RNN_CODES || (code >= 0xD800 && code <= 0xDFFF) || strcmp(text, canonical) != 0) {
            return bad_line(path, i, "a token that is not written as it should be", err);
        }
        vocab->code[i] = code;
        text = end + 1;
    }
    return RNN_OK;
}

static rnn_status count_lines(const char *path, const char *text, size_t bytes, int32_t *lines, rnn_error *err)
{
    size_t i, n = 0;
    for (i = 0; i < bytes; i++) {
        n += text[i] == '\n';
        if (text[i] == '\0') {
            return rnn_error_set(err, RNN_FORMAT, "'%s' is not a vocabulary: it holds a NUL byte", path);
        }
    }
    if (n == 0 || n > RNN_VOCAB_IDS_MAX || text[bytes - 1] != '\n') {
        return rnn_error_set(err, RNN_FORMAT, "'%s' is not a vocabulary: %s", path,
                             n > RNN_VOCAB_IDS_MAX ? "it has too many lines" : "its last line has no end");
    }
    *lines = (int32_t)n;
    return RNN_OK;
}

static rnn_status parse(const char *path, char *text, size_t bytes, rnn_vocab **vocab, rnn_error *err)
{
    int32_t lines = 0;
    rnn_vocab *made;
    rnn_status status = count_lines(path, text, bytes, &lines, err);
    if (status != RNN_OK) {
        return status;
    }
    made = rnn_vocab_new(RNN_UNIT_CHAR, lines);
    if (made == NULL) {
        return rnn_error_set(err, RNN_MEMORY, "no memory for the vocabulary '%s'", path);
    }
    status = read_lines(path, text, made, err);
    if (status == RNN_OK && !rnn_vocab_finish(made)) {
        status = rnn_error_set(err, RNN_FORMAT, "'%s' is not a vocabulary: a token stands there twice", path);
    }
    if (status != RNN_OK) {
        rnn_vocab_free(made);
        return status;
    }
    *vocab = made;
    return RNN_OK;
}

rnn_status rnn_vocab_load(const char *path, rnn_vocab **vocab, rnn_error *err)
{
    char *text;
    size_t bytes;
    rnn_status status;
    *vocab = NULL;
    status = rnn_file_read(path, FILE_BYTES_MAX, &text, &bytes, err);
    if (status == RNN_OK) {
        status = parse(path, text, bytes, vocab, err);
        free(text);
    }
    return status;
}

char *rnn_vocab_path(const char *weights_path)
{
    static const char suffix[] = ".vocab";
    size_t n = strlen(weights_path);
    char *path = malloc(n + sizeof suffix);
    if (path != NULL) {
        memcpy(path, weights_path, n);
        memcpy(path + n, suffix, sizeof suffix);
    }
    return path;
}
