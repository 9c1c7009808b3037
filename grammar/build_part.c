/* build_part.c: the lists of the tree and the parts that statements are made of. */
#include <string.h>

#include "grammar/build.h"
#include "support/text.h"

Words *build_words(Parser *ps, Words *words, const char *word, Span span)
{
    if (words == NULL)
        words = arena_make(ps->arena, Words);
    vec_push(ps->arena, &words->words, word);
    vec_push(ps->arena, &words->spans, span);
    return words;
}

BindList build_bind_list(Parser *ps, BindList list, Bind bind)
{
    vec_push(ps->arena, &list, bind);
    return list;
}

SparamList build_sparams(Parser *ps, SparamList list, Sparam sparam)
{
    vec_push(ps->arena, &list, sparam);
    return list;
}

PortList build_ports(Parser *ps, PortList list, Port port)
{
    vec_push(ps->arena, &list, port);
    return list;
}

OverrideList build_overrides(Parser *ps, OverrideList list, Override override)
{
    vec_push(ps->arena, &list, override);
    return list;
}

Name build_name(Span id_span, const char *id, ExprList index, Span index_span)
{
    return (Name){id, index, index.n > 0, span_join(id_span, index_span), id_span, index_span};
}

NameList build_names(Parser *ps, NameList list, Name name)
{
    vec_push(ps->arena, &list, name);
    return list;
}

ExprList build_exprs(Parser *ps, ExprList list, Expr *expr)
{
    vec_push(ps->arena, &list, expr);
    return list;
}

ArgList build_args(Parser *ps, ArgList list, Arg arg)
{
    vec_push(ps->arena, &list, arg);
    return list;
}

TypeExpr *build_type(Parser *ps, Span span, const char *id, Expr *arg, ExprList dims)
{
    TypeExpr *type = arena_make(ps->arena, TypeExpr);
    *type = (TypeExpr){id, arg, dims, span};
    return type;
}

/* Index of the first token that begins at or after `start`. */
static int token_at(const Ast *ast, uint32_t start)
{
    int low = 0, high = ast->tokens.n;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (ast->tokens.at[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Index of the first comment before token `token`; comments.n when there is none. */
static int comments_before(const Ast *ast, int token)
{
    int low = 0, high = ast->comments.n;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (ast->comments.at[middle].token < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *build_doc(const Parser *ps, uint32_t start)
{
    const Ast *ast = ps->ast;
    const int token = token_at(ast, start);
    Text text = text_new(ps->arena);
    for (int i = comments_before(ast, token); i < ast->comments.n && ast->comments.at[i].token == token; i++) {
        const Comment *comment = &ast->comments.at[i];
        const char *at = ps->source->text + comment->span.start;
        size_t length = comment->span.end - comment->span.start;
        if (!comment->own_line || length < 2 || at[1] != '#')
            continue;
        at += 2;
        length -= 2;
        if (length > 0 && *at == ' ') {
            at++;
            length--;
        }
        if (text.at != NULL)
            text_add(&text, "\n");
        text_add_n(&text, at, length);
    }
    return text.at;
}
