/* names.c: users' names as C identifiers. What C, C++, the headers we include or our own structs already use gets '_' at
 * its end, which no name of the language can have, so that two different names stay different. */
#include <ctype.h>
#include <string.h>

#include "emit/interface.h"

/* Keywords of C and C++, predefined names and macros without arguments, and the fields of our structs. */
static const char *const reserved[] = {
    "alignas", "alignof", "and", "and_eq", "asm", "atomic_cancel", "atomic_commit", "atomic_noexcept", "auto", "bitand",
    "bitor", "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await",
    "co_return", "co_yield", "compl", "complex", "concept", "const", "const_cast", "consteval", "constexpr",
    "constinit", "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
    "explicit", "export", "extern", "false", "far", "float", "for", "friend", "goto", "huge", "if", "imaginary",
    "inline", "int", "interface", "long", "mutable", "namespace", "near", "new", "noexcept", "noreturn", "not",
    "not_eq", "nullptr", "operator", "or", "or_eq", "private", "protected", "public", "reflexpr", "register",
    "reinterpret_cast", "requires", "restrict", "return", "short", "signed", "sizeof", "small", "static",
    "static_assert", "static_cast", "struct", "switch", "synchronized", "template", "this", "thread_local", "throw",
    "true", "try", "typedef", "typeid", "typename", "typeof", "typeof_unqual", "union", "unsigned", "using", "virtual",
    "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
    /* macros and predefined names */
    "BUFSIZ", "CHAR_BIT", "DOMAIN", "EDOM", "EILSEQ", "EOF", "ERANGE", "FILE", "HUGE", "HUGE_VAL", "HUGE_VALF",
    "HUGE_VALL", "I", "INFINITY", "LINUX", "MAXFLOAT", "MATH_ERREXCEPT", "MATH_ERRNO", "NAN", "NDEBUG", "NULL",
    "OVERFLOW", "PLOSS", "RAND_MAX", "SING", "TLOSS", "UNDERFLOW", "UNIX", "WIN32", "arm", "assert", "errno", "i386",
    "linux", "math_errhandling", "mips", "offsetof", "powerpc", "signgam", "sparc", "stderr", "stdin", "stdout", "sun",
    "unix", "vax",
    /* types that the header names */
    "int32_t", "int64_t", "rnn_advice", "rnn_fault", "rnn_key", "rnn_mean", "rnn_model", "rnn_param_info", "rnn_status",
    "size_t", "uint32_t", "uint64_t", "uint8_t", "uintptr_t", "ptrdiff_t",
    /* our own fields */
    "fault", "key", "loss", "loss_weight", "none", "rows", "state", "train"};

/* Families of macros in the C library's headers and ours; upper case only. */
static const char *const reserved_starts[] = {"CHAR_",   "DBL_",   "DECIMAL_", "FLT_",   "FP_",   "INT",      "LDBL_",
                                              "LLONG_",  "LONG_",  "M_",       "MATH_",  "PRI",   "PTRDIFF_", "RNN_",
                                              "SCHAR_",  "SCN",    "SHRT_",    "SIG_",   "SIZE_", "UCHAR_",   "UINT",
                                              "ULLONG_", "ULONG_", "USHRT_",   "WCHAR_", "WINT_"};

static bool starts_with(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

static bool is_upper(const char *name)
{
    for (; *name; name++)
        if (islower((unsigned char)*name))
            return false;
    return true;
}

/* "t_steps" and "t_len" of an axis t. */
static bool is_axis_field(const Emit *emit, const char *name)
{
    const Model *model = emit->program->model;
    for (int i = 1; i < model->axes.n; i++) {
        const size_t n = strlen(model->axes.at[i].name);
        if (strncmp(name, model->axes.at[i].name, n) == 0 &&
            (strcmp(name + n, "_steps") == 0 || strcmp(name + n, "_len") == 0))
            return true;
    }
    return false;
}

static bool is_reserved(const Emit *emit, const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    for (size_t i = 0; is_upper(name) && i < sizeof reserved_starts / sizeof *reserved_starts; i++)
        if (starts_with(name, reserved_starts[i]))
            return true;
    /* our own macros: CHARLM_DIM_V */
    const size_t n = strlen(emit->M);
    return (strncmp(name, emit->M, n) == 0 && name[n] == '_') || is_axis_field(emit, name);
}

const char *emit_c_name(Emit *emit, const char *name)
{
    return is_reserved(emit, name) ? arena_printf(emit->arena, "%s_", name) : name;
}

const char *emit_param_name(Emit *emit, const Var *param)
{
    return strcmp(param->c_name, "COUNT") == 0 ? "COUNT_" : emit_c_name(emit, param->c_name);
}

const char *emit_prefix(Arena *arena, const char *name)
{
    return strcmp(name, "rnn") == 0 || starts_with(name, "rnn_") ? arena_printf(arena, "%s_", name) : name;
}

const char *emit_upper(Arena *arena, const char *name)
{
    char *upper = arena_copy(arena, name, strlen(name));
    for (char *at = upper; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return upper;
}

/* What follows the prefix in our own symbols, the static ones of the loops included. */
static const char *const symbols[] = {
    "adjoint_in",  "adjoint_out", "advance", "backward",   "batch",         "check",       "controls",
    "count_valid", "eval",        "fail",    "forward",    "frame",         "gradient",    "infer",
    "model",       "pack",        "packed",  "param_info", "param_index",   "params_init", "params",
    "result",      "slot",        "slots",   "span",       "start",         "state",       "state_reset",
    "table",       "tape",        "train",   "work",       "state_copy_row"};
static const char *const symbol_starts[] = {"check_", "do_",    "give_",  "metric_", "pack_", "place_",
                                            "save_",  "table_", "thunk_", "AXIS_",   "DIM_",  "P_"};

static bool is_symbol(const Emit *emit, const char *name)
{
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (strcmp(name, symbols[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof symbol_starts / sizeof *symbol_starts; i++)
        if (starts_with(name, symbol_starts[i]))
            return true;
    /* `step text_step` beside `generate text` */
    const Model *model = emit->program->model;
    for (int i = 0; i < model->entries.n; i++) {
        const size_t n = strlen(model->entries.at[i]->name);
        if (strncmp(name, model->entries.at[i]->name, n) == 0 &&
            (strcmp(name + n, "_begin") == 0 || strcmp(name + n, "_step") == 0))
            return true;
    }
    /* the macros of a model whose name has no lower case letter */
    return strcmp(emit->m, emit->M) == 0 && is_upper(name);
}

const char *emit_entry_name(Emit *emit, const Entry *entry)
{
    return is_symbol(emit, entry->name) ? arena_printf(emit->arena, "%s_", entry->name) : entry->name;
}
