/* names.c: names in C. rnn[2].Wz becomes rnn_2_Wz; what is a word of C or C++, a predefined name or a field of the
 * generated structs gets '_' at its end, which no name of the language can have. Two paths that give one name are
 * E0205; variables inside applications, which no file can name, step aside instead. */
#include <string.h>

#include "sema/check.h"

static const char *const reserved[] = {
    /* C and C++ */
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "atomic_cancel",
    "atomic_commit",
    "atomic_noexcept",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "complex",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "imaginary",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "noreturn",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "reflexpr",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "synchronized",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
    "asm",
    "fortran",
    "near",
    "far",
    "huge",
    "pascal",
    "cdecl",
    /* predefined by compilers and headers */
    "linux",
    "unix",
    "vax",
    "sun",
    "sparc",
    "i386",
    "mips",
    "I",
    "NULL",
    "NAN",
    "INFINITY",
    "EOF",
    "errno",
    "stdin",
    "stdout",
    "stderr",
    "assert",
    "offsetof",
    "signbit",
    "isnan",
    "isinf",
    "main",
    /* fields of the generated structs */
    "rows",
    "loss",
    "loss_weight",
    "fault",
    "key",
    "train",
    "state",
    "work",
    "tape",
    "done",
};

static bool is_reserved(Checker *c, const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    for (int i = 1; i < c->model->axes.n; i++) { /* t_len, t_steps */
        const char *axis = c->model->axes.at[i].name;
        const size_t n = strlen(axis);
        if (strncmp(name, axis, n) == 0 && (strcmp(name + n, "_len") == 0 || strcmp(name + n, "_steps") == 0))
            return true;
    }
    return false;
}

/* "rnn[2].Wz" -> "rnn_2_Wz", "h[-1]" -> "h_m1". */
static const char *flat_name(Checker *c, const char *path)
{
    Text text = text_new(c->arena);
    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '.' || *at == '[' || *at == ',' || *at == '(')
            text_add(&text, "_");
        else if (*at == '-')
            text_add(&text, "m");
        else if (*at != ']' && *at != ')')
            text_add_n(&text, at, 1);
    }
    if (is_reserved(c, text_z(&text)))
        text_add(&text, "_");
    return text_z(&text);
}

static bool is_user_named(const SemaVar *var)
{
    return !var->is_hidden || var->var.kind == VAR_PARAM;
}

static void assign(Checker *c, Table *taken, SemaVar *var)
{
    const char *name = intern_z(c->names, flat_name(c, var->var.path));
    if (strlen(var->var.path) > MAX_PATH && is_user_named(var))
        say(c, var->scope, E0205, var->name_span, "the path %s has more than %d bytes", var->var.path, MAX_PATH);
    const Symbol *old = table_find(taken, name);
    if (old != NULL && is_user_named(var)) {
        DiagMsg *msg = say(c, var->scope, E0205, var->name_span, "%s and %s give the same name in C, %s", old->what,
                           var->var.path, name);
        diag_note(c->diag, msg, old->span, "%s defined here", old->what);
        diag_hint(c->diag, msg, "rename one of them");
        return;
    }
    for (int i = 2; old != NULL; i++) {
        name = intern_z(c->names, arena_printf(c->arena, "%s_%d", flat_name(c, var->var.path), i));
        old = table_find(taken, name);
    }
    var->var.c_name = name;
    Symbol *symbol = arena_make(c->arena, Symbol);
    *symbol = (Symbol){.kind = SYM_VAR, .name = name, .span = var->name_span, .what = var->var.path};
    table_add(c, taken, symbol);
}

void names_assign(Checker *c)
{
    Table taken = {0};
    for (int hidden = 0; hidden < 2; hidden++)
        for (int i = 0; i < c->model->vars.n; i++) {
            SemaVar *var = sema_var(c->model->vars.at[i]);
            if (is_user_named(var) == (hidden == 0))
                assign(c, &taken, var);
        }
}
