/* text_data.c: reads a text, makes or loads its vocabulary, fits the model's dimension to it. */
#include "cmd/text_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES_MAX = 2000000000 };

/* "w=FILE", "x,y=FILE" */
static bool parse_spec(TextData *text, const char *spec)
{
    const char *equals = strchr(spec, '=');
    if (!equals || equals[1] == '\0')
        return false;
    text->path = equals + 1;
    for (const char *at = spec; at < equals && text->fields < 2;) {
        const size_t length = strcspn(at, ",=");
        if (length == 0 || length >= sizeof text->field[0])
            return false;
        snprintf(text->field[text->fields++], sizeof text->field[0], "%.*s", (int)length, at);
        at += length + 1;
        if (at > equals)
            return true;
    }
    return false;
}

int text_open(TextData *text, const char *spec, const char *unit, const CommandHelp *help)
{
    memset(text, 0, sizeof *text);
    if (!parse_spec(text, spec))
        return command_usage(help, "--text %s: expected FIELD=FILE, or INPUT,TARGET=FILE", spec);
    if (unit && strcmp(unit, "char") != 0 && strcmp(unit, "byte") != 0)
        return command_usage(help, "--unit is char or byte, not '%s'", unit);
    text->unit = unit && strcmp(unit, "byte") == 0 ? RNN_UNIT_BYTE : RNN_UNIT_CHAR;
    return text_read(text);
}

int text_read(TextData *text)
{
    rnn_error err = {0};
    return rnn_file_read(text->path, TEXT_BYTES_MAX, &text->bytes, &text->size, &err) == RNN_OK ? -1 : run_error(&err);
}

void text_close(TextData *text)
{
    free(text->bytes);
    free(text->tokens);
    if (text->vocab)
        rnn_vocab_free(text->vocab);
    memset(text, 0, sizeof *text);
}

static int32_t constant_of(const Model *model, const char *name)
{
    for (int i = 0; i < model->consts.n; i++)
        if (strcmp(model->consts.at[i].name, name) == 0)
            return (int32_t)model->consts.at[i].integer;
    return -1;
}

int text_build_vocab(TextData *text, const Model *model)
{
    int32_t specials[RNN_SPECIALS];
    for (int32_t i = 0; i < RNN_SPECIALS; i++)
        specials[i] = constant_of(model, rnn_special_name(i));
    rnn_error err = {0};
    if (rnn_vocab_build(text->unit, text->bytes, text->size, specials, &text->vocab, &err) != RNN_OK)
        return command_error("%s: %s", text->path, err.text);
    return -1;
}

int text_load_vocab(rnn_vocab **vocab, const char *weights, bool missing_is_fine)
{
    rnn_error err = {0};
    char *path = rnn_vocab_path(weights);
    *vocab = NULL;
    if (!path)
        return command_error("not enough memory");
    const bool absent = missing_is_fine && access(path, F_OK) != 0;
    const bool read = absent || rnn_vocab_load(path, vocab, &err) == RNN_OK;
    free(path);
    return read ? -1 : run_error(&err);
}

int text_save_vocab(const rnn_vocab *vocab, const char *weights)
{
    rnn_error err = {0};
    char *path = rnn_vocab_path(weights);
    const bool saved = path && rnn_vocab_save(vocab, path, &err) == RNN_OK;
    free(path);
    return saved ? -1 : run_error(&err);
}

static const Var *find_tokens(const Model *model, const char *field)
{
    for (int i = 0; i < model->vars.n; i++) {
        const Var *var = model->vars.at[i];
        if ((var->kind == VAR_INPUT || var->kind == VAR_TARGET) && strcmp(var->path, field) == 0)
            return var->type.kind == TYPE_TOKEN ? var : NULL;
    }
    return NULL;
}

/* The name of the dim when it is one name; NULL for 96, 2 * V ... */
static const char *dim_name(Dim dim)
{
    const DimForm *form = dim.form;
    const bool plain = form && form->n == 1 && form->term[0].atoms == 1 && form->term[0].coefficient == 1;
    return plain ? form->term[0].atom[0]->name : NULL;
}

int text_fit_dim(Compilation *compilation, const char *field, const rnn_vocab *vocab)
{
    const Var *var = find_tokens(compilation->model, field);
    const int32_t size = rnn_vocab_size(vocab);
    if (!var)
        return command_error("%s has no input or target '%s' of tokens", compilation->model->name, field);
    const char *name = dim_name(var->type.vocab);
    const Define *given = name ? defines_find(&compilation->defines, name) : NULL;
    if (name && !given && var->type.vocab.value != size) {
        define_set(&compilation->defines, name, size, DEFINE_GIVEN);
        fprintf(stderr, "note: dim %s = %d: the text has that many different %s\n", name, (int)size,
                rnn_vocab_unit(vocab) == RNN_UNIT_BYTE ? "bytes" : "characters");
        return -1;
    }
    if (var->type.vocab.value < size)
        return command_error("%s is index(%lld), but the vocabulary has %d entries", field,
                             (long long)var->type.vocab.value, (int)size);
    return -1;
}

int text_encode(TextData *text, const rnn_vocab *vocab)
{
    rnn_error err = {0};
    if (rnn_vocab_encode(vocab, text->bytes, text->size, &text->tokens, &text->count, &err) != RNN_OK)
        return command_error("%s: %s", text->path, err.text);
    return -1;
}

int32_t text_feeds(const TextData *text, size_t from, size_t count, rnn_feed feeds[2])
{
    for (int i = 0; i < text->fields; i++)
        feeds[i] = (rnn_feed){text->field[i], text->tokens + from, count, i};
    return text->fields;
}
